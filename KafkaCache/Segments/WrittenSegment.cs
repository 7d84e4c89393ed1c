using System.Buffers.Binary;

namespace Sluice.KafkaCache.Segments;

/// <summary>A segment as its writer sees it: room left, marks to set, how much of it is superseded.</summary>
internal sealed class WrittenSegment(Segment segment, long createdMs)
{
    private long _position = SegmentLayout.RecordsAt;
    private int _nextMark;

    public Segment Segment { get; } = segment;

    /// <summary>When it was begun, by the writer's clock.</summary>
    public long CreatedMs { get; } = createdMs;

    public long FreeBytes => Segment.Bytes - _position;

    public long UsedBytes => _position - SegmentLayout.RecordsAt;

    public long DirtyBytes { get; private set; }

    public long NewestTimestampMs { get; private set; } = long.MinValue;

    /// <summary>Writes a record and makes it visible.</summary>
    /// <returns>Its position.</returns>
    public long Append(in NewRecord record, ulong keyHash, int recordBytes)
    {
        long position = _position;
        int keyBytes = record.IsKeyNull ? -1 : record.Key.Length;
        Span<byte> target = Segment.Region.Write(position, recordBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[SegmentLayout.LengthAt..], recordBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[SegmentLayout.OffsetAt..], record.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[SegmentLayout.TimestampAt..], record.TimestampMs);
        BinaryPrimitives.WriteUInt64LittleEndian(target[SegmentLayout.KeyHashAt..], keyHash);
        BinaryPrimitives.WriteInt32LittleEndian(target[SegmentLayout.KeyBytesAt..], keyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[SegmentLayout.ValueBytesAt..], record.IsValueNull ? -1 : record.Value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(target[SegmentLayout.HeaderCountAt..], record.HeaderCount);
        BinaryPrimitives.WriteInt32LittleEndian(target[SegmentLayout.HeaderBytesAt..], record.HeaderFields.Length);
        target = target[SegmentLayout.ContentAt..];
        record.Key.CopyTo(target);
        record.HeaderFields.CopyTo(target[record.Key.Length..]);
        record.Value.CopyTo(target[(record.Key.Length + record.HeaderFields.Length)..]);
        Commit(recordBytes, record.TimestampMs);
        return position;
    }

    /// <summary>Copies a record of another segment as it is.</summary>
    /// <returns>Its position.</returns>
    public long Append(in RecordView record)
    {
        long position = _position;
        record.Bytes.CopyTo(Segment.Region.Write(position, record.Bytes.Length));
        Commit(record.Bytes.Length, record.TimestampMs);
        if (record.Descendant != 0)
        {
            DirtyBytes += record.Bytes.Length;
        }

        return position;
    }

    /// <summary>Links a record to the next one of its key.</summary>
    public void Supersede(long position, long descendant)
    {
        Segment.Region.WriteInt64(position + SegmentLayout.DescendantAt, descendant);
        DirtyBytes += Segment.Region.ReadInt32(position + SegmentLayout.LengthAt);
    }

    private void Commit(int recordBytes, long timestampMs)
    {
        long stride = (Segment.Bytes - SegmentLayout.RecordsAt) / SegmentLayout.MarkCount;
        while (_nextMark < SegmentLayout.MarkCount && SegmentLayout.RecordsAt + (_nextMark * stride) <= _position)
        {
            Segment.Region.WriteInt64(SegmentLayout.MarksAt + (_nextMark * sizeof(long)), _position);
            _nextMark++;
        }

        _position += recordBytes;
        NewestTimestampMs = Math.Max(NewestTimestampMs, timestampMs);
        Segment.Region.WriteInt64(SegmentLayout.CommittedAt, _position);
    }
}
