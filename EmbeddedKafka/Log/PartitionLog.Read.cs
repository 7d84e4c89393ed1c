using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Log;

internal delegate void RecordVisitor(scoped in RecordReader record);

/// <summary>Reads: batches from an offset, and offsets by time.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>Copies whole batches from <paramref name="offset"/> on, below <paramref name="limit"/>, into an answer.</summary>
    /// <param name="bytesMax">Upper bound, in bytes; only the first batch may be larger, when <paramref name="atLeastOne"/>.</param>
    /// <param name="sink">Gives room for that many bytes; what was read is at its start.</param>
    /// <returns>Bytes copied, or -1 when the offset lies below the log's start or above its end.</returns>
    public int Read(long offset, long limit, int bytesMax, bool atLeastOne, WireWriter sink)
    {
        if (offset < StartOffset || offset > EndOffset)
        {
            return -1;
        }

        try
        {
            var segments = Volatile.Read(ref _segments);
            for (int i = IndexOf(segments, offset); i < segments.Length && offset < limit; i++)
            {
                var segment = segments[i];
                long size = segment.SizeBytes;
                if (segment.TryFind(offset, out long position, out long batchOffset, out int batchBytes))
                {
                    return batchOffset >= limit ? 0 : Copy(segment, position, size, batchBytes, limit, bytesMax, atLeastOne, sink);
                }
            }

            return 0;
        }
        catch (ObjectDisposedException)
        {
            // The segment was removed under the read; the next fetch finds the log as it now is.
            return 0;
        }
    }

    /// <summary>Bytes a reader at <paramref name="offset"/> has before it, counted up to <paramref name="enough"/>.</summary>
    public long Available(long offset, long limit, long enough)
    {
        if (offset >= limit || offset < StartOffset)
        {
            return 0;
        }

        try
        {
            var segments = Volatile.Read(ref _segments);
            long bytes = 0;
            for (int i = IndexOf(segments, offset); i < segments.Length && bytes < enough; i++)
            {
                if (segments[i].BaseOffset >= limit)
                {
                    break;
                }

                if (segments[i].TryFind(offset, out long position, out long batchOffset, out _) && batchOffset < limit)
                {
                    bytes += segments[i].SizeBytes - position;
                }
            }

            return bytes;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Shows every record of a log the broker itself wrote, in order; used at start only.</summary>
    public void Replay(RecordVisitor visit)
    {
        foreach (var segment in _segments)
        {
            using var scanner = new BatchScanner(segment.File, 0, segment.SizeBytes);
            while (scanner.MoveNext())
            {
                for (var reader = new RecordReader(scanner.Current.Records); reader.TryNext();)
                {
                    visit(reader);
                }
            }
        }
    }

    /// <summary>The first record whose timestamp is at least the given one; null when there is none.</summary>
    public (long Offset, long Timestamp)? FindByTime(long timestamp)
    {
        try
        {
            foreach (var segment in Volatile.Read(ref _segments))
            {
                if (segment.MaxTimestamp >= timestamp && segment.NextOffset > StartOffset &&
                    FindByTime(segment, segment.Index.PositionOfTime(timestamp), timestamp) is { } found)
                {
                    return found;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return null;
        }

        return null;
    }

    /// <summary>The record with the greatest timestamp; null when the log is empty.</summary>
    public (long Offset, long Timestamp)? FindMaxTime()
    {
        Segment? newest = null;
        foreach (var segment in Volatile.Read(ref _segments))
        {
            if (segment.SizeBytes > 0 && (newest is null || segment.MaxTimestamp > newest.MaxTimestamp))
            {
                newest = segment;
            }
        }

        try
        {
            return newest is null ? null : FindByTime(newest, newest.MaxTimestampPosition, newest.MaxTimestamp);
        }
        catch (ObjectDisposedException)
        {
            return null; // Removed under the look; asked again, the log is as it now is.
        }
    }

    /// <summary>The aborted transactions whose records lie in [from, to).</summary>
    public List<AbortedTransaction> Aborted(long from, long to)
    {
        lock (_gate)
        {
            return _aborted.FindAll(gone => gone.LastOffset >= from && gone.FirstOffset < to);
        }
    }

    private static int IndexOf(Segment[] segments, long offset)
    {
        int low = 0, high = segments.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private static int Copy(
        Segment segment, long position, long size, int firstBytes, long limit, int bytesMax, bool atLeastOne, WireWriter sink)
    {
        int want = (int)Math.Min(bytesMax, size - position);
        if (firstBytes > want)
        {
            if (!atLeastOne)
            {
                return 0;
            }

            want = firstBytes;
        }

        var span = sink.Free(want);
        int filled = 0;
        for (int n; filled < want && (n = RandomAccess.Read(segment.File, span[filled..], position + filled)) > 0; filled += n)
        {
        }

        int whole = 0;
        while (whole + Batch.HeaderBytes <= filled)
        {
            var batch = new Batch(span[whole..]);
            if (whole + batch.SizeBytes > filled || batch.BaseOffset >= limit)
            {
                break;
            }

            whole += batch.SizeBytes;
        }

        return whole;
    }

    private (long Offset, long Timestamp)? FindByTime(Segment segment, long position, long timestamp)
    {
        using var scanner = new BatchScanner(segment.File, position, segment.SizeBytes);
        while (scanner.MoveNext())
        {
            var batch = scanner.Current;
            if (batch.MaxTimestamp < timestamp || batch.LastOffset < StartOffset)
            {
                continue;
            }

            if (batch.IsLogAppendTime)
            {
                return (Math.Max(batch.BaseOffset, StartOffset), batch.MaxTimestamp);
            }

            ReadOnlySpan<byte> records = batch.Records;
            if (batch.Codec != Codec.None)
            {
                if (!Compression.TryInflate(batch.Codec, records, out byte[] inflated))
                {
                    return (batch.BaseOffset, batch.MaxTimestamp);
                }

                records = inflated;
            }

            for (var reader = new RecordReader(records); reader.TryNext();)
            {
                long at = batch.BaseTimestamp + reader.TimestampDelta;
                long offset = batch.BaseOffset + reader.OffsetDelta;
                if (at >= timestamp && offset >= StartOffset)
                {
                    return (offset, at);
                }
            }
        }

        return null;
    }
}
