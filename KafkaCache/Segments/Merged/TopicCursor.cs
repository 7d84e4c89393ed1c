using System.Buffers;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>One reader's places in all partitions of a topic (config-kafka §2.6).</summary>
/// <remarks>
/// Partitions are read in turn, a few records each: by offset inside a partition, without any order between partitions. Every partition
/// has an end, the offset behind the latest one known when the reader opened: there it is caught up, and a bounded reader stops. A reader that
/// goes on for one that broke off has the ends of that one.
/// </remarks>
internal sealed class TopicCursor(TopicSource topic, PartitionOffset[] starts, PartitionOffset[] ends, bool isBounded)
{
    private const int RecordsPerTurn = 32; // Long enough to stay in one segment, short enough that no partition waits long.

    private Place[] _places = [];
    private PartitionOffset[] _progress = [];
    private int _generation;
    private int _turn;
    private int _leftInTurn = RecordsPerTurn;
    private Place _before;
    private RecordCursor _again;
    private long _lastOffset;

    /// <summary>Where one partition stands.</summary>
    private struct Place
    {
        public RecordCursor Cursor;
        public long End;         // Behind the latest record at open, or at the open of the one it goes on for.
        public long Reached;     // Everything below was looked at.
        public bool IsLookedUp;  // The cursor stands at the newest record of a key: the rest up to the end does not matter.
    }

    /// <summary>Partitions that are read.</summary>
    public int PartitionCount { get; private set; }

    /// <summary>The partition of the last record.</summary>
    public int Partition { get; private set; }

    /// <summary>Next offset to read of every partition as far as records were delivered; 0 where none was, from the start.</summary>
    public ReadOnlySpan<PartitionOffset> Progress => _progress.AsSpan(0, PartitionCount);

    /// <summary>True when every partition was read up to its end.</summary>
    public bool IsCaughtUp
    {
        get
        {
            for (int i = 0; i < PartitionCount; i++)
            {
                if (_places[i].Reached < _places[i].End)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>True when the cache holds all that existed when the reader opened.</summary>
    public bool IsFilled
    {
        get
        {
            for (int i = 0; i < PartitionCount; i++)
            {
                if (topic.Reader![i].CachedNextOffset < _places[i].End)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Takes up the places that were asked for. The topic is known.</summary>
    /// <returns>The latest offset of every partition; valid until the next call.</returns>
    public ReadOnlySpan<PartitionOffset> Open()
    {
        _generation = topic.Generation;
        int count = topic.Reader!.PartitionCount;
        AddPartitions(count, isLate: false);
        PartitionOffset[] latest = topic.Scratch(count);
        for (int i = 0; i < count; i++)
        {
            latest[i] = new PartitionOffset(i, ends.Length > 0 ? topic.LatestOffset(i) : _places[i].End - 1);
        }

        return latest.AsSpan(0, count);
    }

    /// <summary>Keeps up with the topic: it may have more partitions now, or be read from another mapping.</summary>
    /// <returns>False when the topic is not the one it was: it has fewer partitions.</returns>
    public bool TryFollow()
    {
        TopicReader reader = topic.Reader!;
        if (reader.PartitionCount < PartitionCount)
        {
            return false;
        }

        if (_generation != topic.Generation)
        {
            _generation = topic.Generation;
            for (int i = 0; i < PartitionCount; i++)
            {
                _places[i].Cursor = reader[i].Seek(_places[i].Cursor.NextOffset);
            }

            _before.Cursor = reader[Partition].Seek(_lastOffset);
        }

        if (!isBounded && reader.PartitionCount > PartitionCount)
        {
            AddPartitions(reader.PartitionCount, isLate: true);
        }

        return true;
    }

    /// <summary>On a compacted topic the newest record of a key is all there is to see of it: goes there without reading the rest.</summary>
    public void LookUp(ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < PartitionCount; i++)
        {
            ref Place place = ref _places[i];
            PartitionReader partition = topic.Reader![i];
            if (partition.TryFindNewest(key, out RecordView newest) && newest.Offset >= place.Cursor.NextOffset)
            {
                // Written since we opened? Then it is the answer all the same: there is nothing older to fall back on.
                place.End = Math.Max(place.End, newest.Offset + 1);
                place.Cursor = partition.Seek(newest.Offset);
                place.IsLookedUp = true;
            }
            else
            {
                place.Reached = Math.Max(place.Reached, place.End);
                place.Cursor = partition.Seek(place.Reached);
            }
        }
    }

    /// <summary>The next record of any partition.</summary>
    /// <returns>False when there is none now.</returns>
    public bool TryNext(out RecordView record)
    {
        // Once more around than there are partitions: the first may have had its turn, not its end.
        for (int tried = 0; tried <= PartitionCount; tried++)
        {
            if (_leftInTurn > 0 && TryNextOf(_turn, out record))
            {
                _leftInTurn--;
                return true;
            }

            _turn = _turn + 1 < PartitionCount ? _turn + 1 : 0;
            _leftInTurn = RecordsPerTurn;
        }

        record = default;
        return false;
    }

    /// <summary>Puts the last record back: it will come again.</summary>
    /// <param name="delivered">The partition's progress before it.</param>
    public void StepBack(PartitionOffset delivered)
    {
        _places[Partition] = _before;
        _progress[Partition] = delivered;
        _leftInTurn++;
    }

    /// <summary>Reads the last record once more, to go on with its value.</summary>
    /// <returns>False when it is gone.</returns>
    public bool TryReread(out RecordView record)
    {
        _again = _before.Cursor;
        return topic.Reader![Partition].TryRead(ref _again, out record) && record.Offset == _lastOffset;
    }

    /// <summary>True when the topic had a newer record of the same key at open (§2.7 rule 6).</summary>
    public bool IsSuperseded(in RecordView record) => PartitionReader.IsSuperseded(record, _places[Partition].End);

    /// <summary>Counts the last record as delivered.</summary>
    public void NoteDelivered() => _progress[Partition] = new PartitionOffset(Partition, _lastOffset + 1);

    /// <summary>Next offset to read of every partition, with all that was left out counted in.</summary>
    public ReadOnlySpan<PartitionOffset> Reached()
    {
        PartitionOffset[] reached = topic.Scratch(PartitionCount);
        for (int i = 0; i < PartitionCount; i++)
        {
            reached[i] = new PartitionOffset(i, _places[i].Reached);
        }

        return reached.AsSpan(0, PartitionCount);
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        if (_places.Length > 0)
        {
            ArrayPool<Place>.Shared.Return(_places);
            ArrayPool<PartitionOffset>.Shared.Return(_progress);
        }

        _places = [];
        _progress = [];
        PartitionCount = 0;
    }

    private bool TryNextOf(int index, out RecordView record)
    {
        ref Place place = ref _places[index];
        PartitionReader partition = topic.Reader![index];
        record = default;
        if (isBounded && place.Reached >= place.End)
        {
            return false;
        }

        long cached = partition.CachedNextOffset; // Before looking: all below it is there to be seen.
        Place before = place;
        bool isRead = partition.TryRead(ref place.Cursor, out record);
        if (!isRead || (isBounded && record.Offset >= place.End))
        {
            place.Reached = Math.Max(place.Reached, isRead ? place.End : cached);
            return false;
        }

        Partition = index;
        _before = before;
        _lastOffset = record.Offset;
        place.Reached = record.Offset + 1;
        if (place.IsLookedUp)
        {
            place.IsLookedUp = false;
            place.Reached = Math.Max(place.Reached, place.End);
            place.Cursor = partition.Seek(place.Reached);
        }

        return true;
    }

    private void AddPartitions(int count, bool isLate)
    {
        Place[] places = ArrayPool<Place>.Shared.Rent(count);
        PartitionOffset[] progress = ArrayPool<PartitionOffset>.Shared.Rent(count);
        _places.AsSpan(0, PartitionCount).CopyTo(places);
        _progress.AsSpan(0, PartitionCount).CopyTo(progress);
        int first = PartitionCount;
        Release();
        _places = places;
        _progress = progress;
        PartitionCount = count;
        for (int i = first; i < count; i++)
        {
            // A partition that came later is read from its beginning, whatever "live" meant at open (§2.6 rule 8).
            long end = isLate ? 0 : ends.Length > 0 ? Find(ends, i, otherwise: 0) : topic.LatestOffset(i) + 1;
            long start = isLate ? KafkaOffsets.Historical : Find(starts, i, KafkaOffsets.Historical);
            start = start == KafkaOffsets.Live ? end : Math.Max(0, start);
            _places[i] = new Place { Cursor = topic.Reader![i].Seek(start), End = end, Reached = start };
            _progress[i] = new PartitionOffset(i, start);
        }
    }

    private static long Find(PartitionOffset[] entries, int partition, long otherwise)
    {
        foreach (PartitionOffset entry in entries)
        {
            if (entry.Partition == partition)
            {
                return entry.Offset;
            }

            otherwise = entry.Partition == -1 ? entry.Offset : otherwise;
        }

        return otherwise;
    }
}
