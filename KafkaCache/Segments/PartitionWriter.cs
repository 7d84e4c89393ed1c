namespace Sluice.KafkaCache.Segments;

/// <summary>Appends the records of one partition to its segments and keeps its key index. One thread writes.</summary>
/// <remarks>
/// The order of stores is what readers rely on: record, committed position, key index, descendant link of the record it supersedes,
/// next offset. So whoever sees a next offset sees every link below it.
/// </remarks>
public sealed partial class PartitionWriter
{
    private readonly TopicWriter _topic;
    private readonly int _partition;
    private readonly TopicState _state;
    private readonly SegmentOptions _options;
    private readonly List<WrittenSegment> _segments = [];
    private readonly Dictionary<int, WrittenSegment> _byId = [];
    private KeyIndex? _index;
    private int _nextId = 1;
    private int _nextSegmentBytes;
    private bool _isHeadSealed;

    internal PartitionWriter(TopicWriter topic, TopicState state, int partition, SegmentOptions options)
    {
        _topic = topic;
        _partition = partition;
        _state = state;
        _options = options;
        _nextSegmentBytes = options.SegmentBytesMin;
    }

    /// <summary>Every record below this offset has been appended or does not exist.</summary>
    public long NextOffset => _state.NextOffset(_partition);

    /// <summary>The lowest offset in the segments.</summary>
    public long FirstOffset => _state.FirstOffset(_partition);

    /// <summary>The last offset known to exist at the broker, -1 for none.</summary>
    public long LatestOffset => _state.LatestOffset(_partition);

    /// <summary>Bytes of segments and index on disk.</summary>
    public long DiskBytes => _segments.Sum(segment => segment.Segment.Bytes) + (_index is null ? 0 : 8L << _index.Bits);

    /// <summary>Appends a record.</summary>
    /// <returns>False when it was there already (its offset is below <see cref="NextOffset"/>).</returns>
    /// <exception cref="ArgumentException">It is larger than a gigabyte.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public bool Append(in NewRecord record)
    {
        if (record.Offset < NextOffset)
        {
            return false;
        }

        long bytes = SegmentLayout.RecordBytes(record.IsKeyNull ? -1 : record.Key.Length, record.HeaderFields.Length, record.Value.Length);
        if (bytes > SegmentLayout.RecordBytesMax)
        {
            throw new ArgumentException($"a record of {bytes} bytes is larger than {SegmentLayout.RecordBytesMax}", nameof(record));
        }

        ulong hash = record.IsKeyNull ? 0 : KeyHash.Of(record.Key, _state.Seed);
        if (!record.IsKeyNull)
        {
            MakeRoomForKey();
        }

        WrittenSegment head = RoomFor(bytes, record.Offset);
        long position = head.Append(record, hash, (int)bytes);
        if (!record.IsKeyNull)
        {
            Index(record, hash, new RecordLocation(hash, head.Segment.Id, position));
        }

        _state.SetNextOffset(_partition, record.Offset + 1);
        return true;
    }

    /// <summary>Says where the partition begins, before anything is appended.</summary>
    public void Start(long offset)
    {
        if (_segments.Count == 0 && offset >= NextOffset)
        {
            _state.SetFirstOffset(_partition, offset);
            _state.SetNextOffset(_partition, offset);
        }
    }

    /// <summary>Says that no record exists below an offset that has not been appended (control records, compacted ones).</summary>
    public void AdvanceTo(long nextOffset)
    {
        if (_segments.Count == 0)
        {
            Start(nextOffset);
        }
        else if (nextOffset > NextOffset)
        {
            _state.SetNextOffset(_partition, nextOffset);
        }
    }

    internal void Unmap()
    {
        foreach (WrittenSegment segment in _segments)
        {
            segment.Segment.Dispose();
        }

        _segments.Clear();
        _byId.Clear();
        _index?.Dispose();
        _index = null;
    }

    private WrittenSegment RoomFor(long bytes, long offset)
    {
        if (_segments.Count > 0 && !_isHeadSealed && _segments[^1].FreeBytes >= bytes)
        {
            return _segments[^1];
        }

        long fileBytes = _nextSegmentBytes;
        if (bytes > fileBytes - SegmentLayout.RecordsAt)
        {
            fileBytes = (SegmentLayout.RecordsAt + bytes + 4095) & ~4095L; // Of its own; the next one goes on doubling.
        }
        else
        {
            _nextSegmentBytes = (int)Math.Min(_options.SegmentBytesMax, _nextSegmentBytes * 2L);
        }

        WrittenSegment segment = CreateSegment(offset, fileBytes);
        if (_segments.Count == 0)
        {
            _state.SetFirstOffset(_partition, NextOffset > 0 ? NextOffset : offset);
        }

        _segments.Add(segment);
        _isHeadSealed = false;
        PublishList();
        return segment;
    }

    private WrittenSegment CreateSegment(long baseOffset, long fileBytes)
    {
        if (_nextId > RecordLocation.SegmentIdMax)
        {
            throw new IOException($"partition {_partition} of {_topic.Topic} has used up its {RecordLocation.SegmentIdMax} segment numbers; restart the service");
        }

        var segment = new WrittenSegment(Segment.Create(_topic.Path, _partition, _nextId, baseOffset, fileBytes), Environment.TickCount64);
        _byId.Add(_nextId++, segment);
        return segment;
    }

    private void PublishList()
    {
        int generation = _state.ListGeneration(_partition);
        SegmentList.Write(
            TopicLayout.ListPath(_topic.Path, _partition, generation + 1),
            [.. _segments.Select(segment => new SegmentEntry(segment.Segment.Id, segment.Segment.BaseOffset))]);
        _state.SetListGeneration(_partition, generation + 1);
        _state.NoteChange();
        File.Delete(TopicLayout.ListPath(_topic.Path, _partition, generation));
    }

    private void Index(in NewRecord record, ulong hash, RecordLocation location)
    {
        long slot = FindSlot(record.Key, hash, out RecordLocation previous);
        _index![slot] = location;
        if (previous.Segment != 0)
        {
            _byId[previous.Segment].Supersede(previous.Position, record.Offset);
        }
    }

    // The slot of the key, or the first one that is free for it.
    private long FindSlot(ReadOnlySpan<byte> key, ulong hash, out RecordLocation found)
    {
        long slot = _index!.FirstSlot(hash);
        long free = -1;
        for (; ; slot = _index.NextSlot(slot))
        {
            found = _index[slot];
            if (found.IsEmpty)
            {
                return free >= 0 ? free : slot;
            }

            if (found.Segment == 0)
            {
                free = free >= 0 ? free : slot;
            }
            else if (found.MayBe(hash) && Read(found).Key.SequenceEqual(key))
            {
                return slot;
            }
        }
    }

    private RecordView Read(RecordLocation location)
    {
        Segment segment = _byId[location.Segment].Segment;
        return segment.Read(location.Position, segment.Committed);
    }

    private void MakeRoomForKey()
    {
        if (_index is { IsFull: false })
        {
            return;
        }

        KeyIndex? old = _index;
        long keys = 0;
        for (long slot = 0; old is not null && slot < 1L << old.Bits; slot++)
        {
            keys += old[slot].Segment != 0 ? 1 : 0;
        }

        int bits = _options.IndexBitsMin;
        while (1L << bits < keys * 3)
        {
            bits++;
        }

        int generation = _state.IndexGeneration(_partition) + 1;
        KeyIndex index = KeyIndex.Create(_topic.Path, _partition, generation, bits);
        for (long slot = 0; old is not null && slot < 1L << old.Bits; slot++)
        {
            RecordLocation location = old[slot];
            if (location.Segment != 0)
            {
                long to = index.FirstSlot((ulong)Read(location).KeyHash);
                while (!index[to].IsEmpty)
                {
                    to = index.NextSlot(to);
                }

                index[to] = location;
            }
        }

        _index = index;
        _state.SetIndexGeneration(_partition, generation);
        _state.NoteChange();
        old?.Unlink();
        old?.Dispose();
    }
}
