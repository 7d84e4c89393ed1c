namespace Sluice.KafkaCache.Segments;

/// <summary>Reads one partition of a cached topic in place. See <see cref="TopicReader"/> for threads and lifetimes.</summary>
/// <remarks>Nothing here unmaps a file; only <see cref="TopicReader.Refresh"/> and dispose do, so a view stays good until then.</remarks>
public sealed class PartitionReader
{
    private readonly string _directory;
    private readonly TopicState _state;
    private readonly int _partition;
    private readonly Dictionary<int, Segment> _segments = [];
    private SegmentEntry[] _entries = [];
    private int _listGeneration;
    private KeyIndex? _index;
    private KeyIndex? _outdatedIndex;
    private int _indexGeneration;

    internal PartitionReader(string directory, TopicState state, int partition)
    {
        _directory = directory;
        _state = state;
        _partition = partition;
    }

    /// <summary>
    /// The last offset known to exist at the broker: the larger of high watermark - 1 and the last acknowledged produce. -1 when the
    /// partition is empty.
    /// </summary>
    public long LatestOffset => _state.LatestOffset(_partition);

    /// <summary>Every record below this offset is in the segments (or was compacted away, or is not meant for readers).</summary>
    public long CachedNextOffset => _state.NextOffset(_partition);

    /// <summary>The lowest offset that the cache still has; <see cref="CachedNextOffset"/> when it has none.</summary>
    public long FirstOffset => _state.FirstOffset(_partition);

    /// <summary>A place from which all records from an offset on are read; from the first one that is still there, if it is gone.</summary>
    /// <exception cref="InvalidDataException">A segment is broken.</exception>
    public RecordCursor Seek(long offset)
    {
        FollowList();
        var cursor = new RecordCursor { NextOffset = Math.Max(0, offset) };
        Locate(ref cursor);
        return cursor;
    }

    /// <summary>Reads the next record in offset order and moves behind it.</summary>
    /// <returns>False when no more is cached now; try again after more arrived.</returns>
    /// <exception cref="InvalidDataException">A segment is broken.</exception>
    public bool TryRead(ref RecordCursor cursor, out RecordView record)
    {
        FollowList();
        if ((uint)cursor.Index >= (uint)_entries.Length || _entries[cursor.Index].Id != cursor.Segment)
        {
            Locate(ref cursor); // The list changed, or the cursor was made before the first record came.
        }

        while ((uint)cursor.Index < (uint)_entries.Length)
        {
            // The next segment exists only once this one is complete, so look for it before asking how far this one reaches.
            bool isLast = cursor.Index + 1 == _entries.Length;
            Segment? segment = Map(cursor.Segment);
            long committed = segment?.Committed ?? 0;
            while (segment is not null && cursor.Position < committed)
            {
                record = segment.Read(cursor.Position, committed);
                cursor.Position += record.Bytes.Length;
                if (record.Offset >= cursor.NextOffset)
                {
                    cursor.NextOffset = record.Offset + 1;
                    return true;
                }
            }

            if (isLast)
            {
                break;
            }

            cursor.Index++;
            cursor.Segment = _entries[cursor.Index].Id;
            cursor.Position = SegmentLayout.RecordsAt;
        }

        record = default;
        return false;
    }

    /// <summary>Finds the newest record of a key, a tombstone included. Its cost does not grow with the topic.</summary>
    /// <returns>False when no cached record has that key.</returns>
    /// <exception cref="InvalidDataException">The index or a segment is broken.</exception>
    public bool TryFindNewest(ReadOnlySpan<byte> key, out RecordView record)
    {
        ulong hash = KeyHash.Of(key, _state.Seed);
        do
        {
            FollowIndex();
            if (_index is not null && TryFind(_index, hash, key, out record))
            {
                return true;
            }
        }
        while (_index is not null && _state.IndexGeneration(_partition) != _indexGeneration && !_state.IsRetired);

        record = default;
        return false;
    }

    /// <summary>True when a newer record of the same key exists whose offset is below a reader's snapshot (config-kafka §2.7 rule 6).</summary>
    /// <param name="record">A record of this partition.</param>
    /// <param name="snapshotOffset"><see cref="CachedNextOffset"/> when the reader opened.</param>
    public static bool IsSuperseded(in RecordView record, long snapshotOffset)
    {
        long descendant = record.Descendant;
        return descendant != 0 && descendant < snapshotOffset;
    }

    /// <summary>Maps what is new, unmaps what is no longer listed.</summary>
    internal void Refresh()
    {
        FollowList();
        FollowIndex();
        _outdatedIndex?.Dispose();
        _outdatedIndex = null;
        foreach (int id in _segments.Keys)
        {
            if (!Array.Exists(_entries, entry => entry.Id == id) && _segments.Remove(id, out Segment? segment))
            {
                segment.Dispose();
            }
        }

        foreach (SegmentEntry entry in _entries)
        {
            Map(entry.Id);
        }
    }

    internal void Unmap()
    {
        foreach (Segment segment in _segments.Values)
        {
            segment.Dispose();
        }

        _segments.Clear();
        _entries = [];
        _index?.Dispose();
        _outdatedIndex?.Dispose();
        _index = _outdatedIndex = null;
    }

    private bool TryFind(KeyIndex index, ulong hash, ReadOnlySpan<byte> key, out RecordView record)
    {
        long slot = index.FirstSlot(hash);
        for (long probes = 0; probes < 1L << index.Bits; probes++, slot = index.NextSlot(slot))
        {
            RecordLocation location = index[slot];
            if (location.IsEmpty)
            {
                break;
            }

            while (location.MayBe(hash))
            {
                if (Map(location.Segment) is Segment segment)
                {
                    record = segment.Read(location.Position, segment.Committed);
                    if (!record.IsKeyNull && record.Key.SequenceEqual(key))
                    {
                        return true;
                    }

                    break;
                }

                // The segment is gone. A rewritten record got its new place here before that, an expired one did not.
                RecordLocation again = index[slot];
                if (again == location)
                {
                    break;
                }

                location = again;
            }
        }

        record = default;
        return false;
    }

    private void Locate(ref RecordCursor cursor)
    {
        if (_entries.Length == 0)
        {
            cursor.Index = -1;
            return;
        }

        int low = 0;
        int high = _entries.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_entries[middle].BaseOffset > cursor.NextOffset)
            {
                high = middle - 1;
            }
            else
            {
                low = middle;
            }
        }

        cursor.Index = low;
        cursor.Segment = _entries[low].Id;
        cursor.Position = Map(cursor.Segment)?.Find(cursor.NextOffset) ?? SegmentLayout.RecordsAt;
    }

    private Segment? Map(int id)
    {
        if (!_segments.TryGetValue(id, out Segment? segment))
        {
            segment = Segment.TryOpen(_directory, _partition, id);
            if (segment is not null)
            {
                _segments.Add(id, segment);
            }
        }

        return segment;
    }

    private void FollowList()
    {
        int generation = _state.ListGeneration(_partition);
        while (generation != _listGeneration)
        {
            if (SegmentList.TryRead(TopicLayout.ListPath(_directory, _partition, generation)) is SegmentEntry[] entries)
            {
                _entries = entries;
                _listGeneration = generation;
                return;
            }

            int newer = _state.ListGeneration(_partition);
            if (newer == generation)
            {
                return; // The topic was retired and its files are gone: go on with what is mapped.
            }

            generation = newer;
        }
    }

    private void FollowIndex()
    {
        int generation = _state.IndexGeneration(_partition);
        while (generation != _indexGeneration)
        {
            if (KeyIndex.TryOpen(_directory, _partition, generation) is KeyIndex index)
            {
                _outdatedIndex?.Dispose();
                _outdatedIndex = _index;
                _index = index;
                _indexGeneration = generation;
                return;
            }

            int newer = _state.IndexGeneration(_partition);
            if (newer == generation)
            {
                return;
            }

            generation = newer;
        }
    }
}
