using Sluice.Frames.Memory;

namespace Sluice.KafkaCache.Segments;

/// <summary>One mapped segment file: found by its header, read record by record, every length checked before it is believed.</summary>
internal sealed class Segment : IDisposable
{
    private readonly MappedRegion _region;
    private readonly string _path;
    private PayloadSource? _source;

    private Segment(MappedRegion region, string path, int id, long baseOffset)
    {
        _region = region;
        _path = path;
        Id = id;
        BaseOffset = baseOffset;
    }

    public int Id { get; }

    public long BaseOffset { get; }

    public long Bytes => _region.Bytes;

    /// <summary>Position behind the last whole record.</summary>
    public long Committed => Math.Min(_region.ReadInt64(SegmentLayout.CommittedAt), _region.Bytes);

    /// <summary>What streams of the reader's engine refer to: a record that has been written never changes but for its descendant.</summary>
    public PayloadSource Source => _source ??= _region.AsSource(_path);

    /// <summary>The file to write to; readers map it read-only.</summary>
    public MappedRegion Region => _region;

    public static Segment Create(string directory, int partition, int id, long baseOffset, long bytes)
    {
        string path = TopicLayout.SegmentPath(directory, partition, id);
        MappedRegion region = MappedRegion.Create(path, bytes);
        region.WriteInt32(SegmentLayout.VersionAt, SegmentLayout.Version);
        region.WriteInt32(SegmentLayout.PartitionAt, partition);
        region.WriteInt32(SegmentLayout.IdAt, id);
        region.WriteInt64(SegmentLayout.BaseOffsetAt, baseOffset);
        region.WriteInt64(SegmentLayout.FileBytesAt, bytes);
        region.WriteInt64(SegmentLayout.CommittedAt, SegmentLayout.RecordsAt);
        region.WriteInt32(SegmentLayout.MagicAt, SegmentLayout.Magic);
        return new Segment(region, path, id, baseOffset);
    }

    /// <summary>Maps a segment for reading.</summary>
    /// <returns>Null when the file is gone.</returns>
    /// <exception cref="InvalidDataException">It is not that segment.</exception>
    public static Segment? TryOpen(string directory, int partition, int id)
    {
        string path = TopicLayout.SegmentPath(directory, partition, id);
        MappedRegion region;
        try
        {
            region = MappedRegion.Open(path, SegmentLayout.RecordsAt);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        if (region.ReadInt32(SegmentLayout.MagicAt) != SegmentLayout.Magic || region.ReadInt32(SegmentLayout.VersionAt) != SegmentLayout.Version
            || region.ReadInt32(SegmentLayout.PartitionAt) != partition || region.ReadInt32(SegmentLayout.IdAt) != id)
        {
            region.Dispose();
            throw new InvalidDataException($"{path} is not segment {id} of partition {partition}");
        }

        return new Segment(region, path, id, region.ReadInt64(SegmentLayout.BaseOffsetAt));
    }

    /// <summary>The record at a position below <paramref name="committed"/>.</summary>
    /// <exception cref="InvalidDataException">There is no sound record.</exception>
    public RecordView Read(long position, long committed)
    {
        if (position < SegmentLayout.RecordsAt || (position & 7) != 0 || position > committed - SegmentLayout.ContentAt)
        {
            throw Broken(position);
        }

        int length = _region.ReadInt32(position + SegmentLayout.LengthAt);
        if (length < SegmentLayout.ContentAt || (length & 7) != 0 || length > committed - position)
        {
            throw Broken(position);
        }

        int keyBytes = _region.ReadInt32(position + SegmentLayout.KeyBytesAt);
        int valueBytes = _region.ReadInt32(position + SegmentLayout.ValueBytesAt);
        int headerBytes = _region.ReadInt32(position + SegmentLayout.HeaderBytesAt);
        if (keyBytes < -1 || valueBytes < -1 || headerBytes < 0 || SegmentLayout.RecordBytes(keyBytes, headerBytes, valueBytes) != length)
        {
            throw Broken(position);
        }

        return new RecordView(_region.Read(position, length), this, position);
    }

    /// <summary>Position of the first record whose offset is not below <paramref name="offset"/>, or <see cref="Committed"/> when there is none.</summary>
    public long Find(long offset)
    {
        long committed = Committed;
        long position = SegmentLayout.RecordsAt;
        int low = 0;
        int high = SegmentLayout.MarkCount - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long mark = _region.ReadInt64(SegmentLayout.MarksAt + (middle * sizeof(long)));
            if (mark == 0 || mark >= committed || Read(mark, committed).Offset > offset)
            {
                high = middle - 1;
            }
            else
            {
                position = mark;
                low = middle + 1;
            }
        }

        while (position < committed)
        {
            RecordView record = Read(position, committed);
            if (record.Offset >= offset)
            {
                break;
            }

            position += record.Bytes.Length;
        }

        return position;
    }

    /// <summary>Removes the name; whoever has it mapped keeps it.</summary>
    public void Unlink() => File.Delete(_path);

    /// <summary>Unmaps it, once nothing under way on the reader's engine refers to it.</summary>
    public void Dispose()
    {
        if (_source is not null)
        {
            _source.Retire();
        }
        else
        {
            _region.Dispose();
        }
    }

    private InvalidDataException Broken(long position) => new($"{_path} has no sound record at position {position}");
}
