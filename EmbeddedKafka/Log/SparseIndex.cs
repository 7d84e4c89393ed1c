namespace Sluice.EmbeddedKafka.Log;

/// <summary>Offset and time index of one segment: one entry for about every 16 KiB of log.</summary>
/// <remarks>One writer (under the log's lock), any number of readers without lock: entries never change once published.</remarks>
internal sealed class SparseIndex
{
    /// <summary>16 KiB of log between entries: 1 MiB of index per GiB of log, and a look-up reads at most this much.</summary>
    public const int IntervalBytes = 16 * 1024;

    /// <param name="OffsetDelta">Base offset of the batch at <paramref name="Position"/>, relative to the segment.</param>
    /// <param name="Position">Where that batch starts in the file.</param>
    /// <param name="MaxTimestampBefore">The greatest timestamp of all batches before it in the segment, or -1.</param>
    internal readonly record struct Entry(uint OffsetDelta, uint Position, long MaxTimestampBefore);

    private Entry[] _entries = new Entry[16];
    private int _count;

    public ReadOnlySpan<Entry> Entries
    {
        get
        {
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    public void Add(Entry entry)
    {
        if (_count == _entries.Length)
        {
            var larger = new Entry[_count * 2];
            _entries.CopyTo(larger, 0);
            Volatile.Write(ref _entries, larger);
        }

        _entries[_count] = entry;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Adds an entry when the last one lies an interval back.</summary>
    public void Note(long offsetDelta, long position, long maxTimestampBefore)
    {
        if (position > 0 && position - (_count == 0 ? 0 : _entries[_count - 1].Position) >= IntervalBytes)
        {
            Add(new Entry((uint)offsetDelta, (uint)position, maxTimestampBefore));
        }
    }

    /// <summary>A batch start at or before the one that holds the offset.</summary>
    public long PositionOfOffset(long offsetDelta)
    {
        var entries = Entries;
        int low = 0, high = entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].OffsetDelta <= offsetDelta)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high < 0 ? 0 : entries[high].Position;
    }

    /// <summary>A batch start before which every timestamp is lower than the given one.</summary>
    public long PositionOfTime(long timestamp)
    {
        var entries = Entries;
        int low = 0, high = entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].MaxTimestampBefore < timestamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high < 0 ? 0 : entries[high].Position;
    }
}
