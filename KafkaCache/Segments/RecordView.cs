using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.KafkaCache.Segments;

/// <summary>A record where it lies in its mapped segment. It ends with the next <see cref="TopicReader.Refresh"/> or dispose of its reader.</summary>
public readonly ref struct RecordView
{
    private readonly ReadOnlySpan<byte> _record;

    internal RecordView(ReadOnlySpan<byte> record, Segment segment, long position)
    {
        _record = record;
        Segment = segment;
        Position = position;
    }

    /// <summary>Its offset in the partition.</summary>
    public long Offset => Int64(SegmentLayout.OffsetAt);

    /// <summary>Epoch milliseconds.</summary>
    public long TimestampMs => Int64(SegmentLayout.TimestampAt);

    /// <summary>True when there is no key, which differs from an empty one.</summary>
    public bool IsKeyNull => KeyBytes < 0;

    /// <summary>The key; empty when it is null.</summary>
    public ReadOnlySpan<byte> Key => _record.Slice(SegmentLayout.ContentAt, Math.Max(0, KeyBytes));

    /// <summary>True when there is no value (a tombstone), which differs from an empty one.</summary>
    public bool IsValueNull => ValueBytes < 0;

    /// <summary>The value; empty when it is null.</summary>
    public ReadOnlySpan<byte> Value => _record.Slice(ValueAt, Math.Max(0, ValueBytes));

    /// <summary>How many headers there are.</summary>
    public int HeaderCount => Int32(SegmentLayout.HeaderCountAt);

    /// <summary>The headers as a <c>HeaderList</c> of Frames/Extensions holds them: name and value, each behind its length, -1 for null.</summary>
    public ReadOnlySpan<byte> HeaderFields => _record.Slice(SegmentLayout.ContentAt + Math.Max(0, KeyBytes), HeaderBytes);

    /// <summary>The segment it lies in.</summary>
    internal Segment Segment { get; }

    /// <summary>Where in it.</summary>
    internal long Position { get; }

    /// <summary>Where in the segment the value begins.</summary>
    internal long ValuePosition => Position + ValueAt;

    internal ReadOnlySpan<byte> Bytes => _record;

    internal long KeyHash => Int64(SegmentLayout.KeyHashAt);

    // Written after the record, in one store, by another thread or process.
    internal long Descendant =>
        Volatile.Read(ref Unsafe.As<byte, long>(ref MemoryMarshal.GetReference(_record[SegmentLayout.DescendantAt..])));

    private int ValueAt => SegmentLayout.ContentAt + Math.Max(0, KeyBytes) + HeaderBytes;

    private int KeyBytes => Int32(SegmentLayout.KeyBytesAt);

    private int ValueBytes => Int32(SegmentLayout.ValueBytesAt);

    private int HeaderBytes => Int32(SegmentLayout.HeaderBytesAt);

    private long Int64(int at) => BinaryPrimitives.ReadInt64LittleEndian(_record[at..]);

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_record[at..]);
}

/// <summary>A place in a partition. Copy it freely; it holds nothing open.</summary>
public struct RecordCursor
{
    /// <summary>The lowest offset not read yet.</summary>
    public long NextOffset { get; internal set; }

    internal int Index { get; set; }

    internal int Segment { get; set; }

    internal long Position { get; set; }
}
