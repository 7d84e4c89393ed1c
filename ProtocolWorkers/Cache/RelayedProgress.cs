using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>How far a read has come whose frames are passed on: enough to go on with it at another cache as if there had been one only.</summary>
/// <remarks>
/// It goes on behind the last whole record of each partition, and with the ends of the first answer: what counts as newest of a key, and
/// where a bounded read stops, is as it was when the mapping asked.
/// </remarks>
internal sealed class RelayedProgress
{
    private const int EntryBytes = 2 * 12; // A start and an end.

    private readonly byte[] _request;
    private readonly PartitionOffset[] _ends;
    private PartitionOffset[] _next;
    private PartitionOffset[] _nextAfter; // The record under way.
    private bool _isInRecord;
    private bool _isCaughtUp;

    /// <summary>Nothing has been passed on yet.</summary>
    /// <param name="request">What the mapping asked for.</param>
    /// <param name="latest">Of the first answer.</param>
    public RelayedProgress(byte[] request, in PartitionOffsets latest)
    {
        _request = request;
        KafkaBeginEx.TryRead(request, out KafkaBeginEx asked);
        _ends = new PartitionOffset[latest.Count];
        _next = new PartitionOffset[latest.Count];
        _nextAfter = [];
        for (int i = 0; i < latest.Count; i++)
        {
            PartitionOffset last = latest[i];
            long start = asked.Starts.For(last.Partition, KafkaOffsets.Historical);
            _ends[i] = last with { Offset = last.Offset + 1 };
            _next[i] = last with { Offset = start == KafkaOffsets.Live ? last.Offset + 1 : start };
        }
    }

    /// <summary>False in the middle of a record, and when a request cannot hold that many partitions.</summary>
    public bool CanGoOn => !_isInRecord && _request.Length + (_next.Length * EntryBytes) <= FrameLayout.ExtensionBytesMax;

    /// <summary>True when a cache has the topic as far as it was seen before.</summary>
    public bool MayGoOn(in PartitionOffsets latest)
    {
        foreach (PartitionOffset end in (ReadOnlySpan<PartitionOffset>)[.. _ends, .. _next])
        {
            if (latest.For(end.Partition, -1) + 1 < end.Offset)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What to ask another cache for.</summary>
    public ReadOnlySpan<byte> Request()
    {
        KafkaBeginEx.TryRead(_request, out KafkaBeginEx asked);
        return KafkaBeginEx.WriteMergedFetch(
            ExtensionWriter.Scratch, asked.Topic, asked.IsBounded, _next, asked.Filters.Count == 0 ? default : asked.Filters.Encoded, _ends);
    }

    /// <summary>A piece of a record is passed on.</summary>
    public void NoteData(in DataFrame frame)
    {
        if ((frame.Flags & DataFlags.Init) != 0 && KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx record))
        {
            _isInRecord = true;
            Copy(record.Progress, ref _nextAfter);
        }

        if ((frame.Flags & DataFlags.Fin) != 0 && _isInRecord)
        {
            _isInRecord = false;
            (_next, _nextAfter) = (_nextAfter, _next);
        }
    }

    /// <summary>A FLUSH has come.</summary>
    /// <returns>False when it says for the second time that all is read that was there.</returns>
    public bool TryNoteFlush(in FlushFrame frame)
    {
        if (!KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) || flush.Kind != KafkaFlushKind.CaughtUp)
        {
            return true;
        }

        bool isFirst = !_isCaughtUp;
        _isCaughtUp = true;
        Copy(flush.Progress, ref _next);
        return isFirst;
    }

    private static void Copy(in PartitionOffsets from, ref PartitionOffset[] to)
    {
        if (to.Length != from.Count)
        {
            to = new PartitionOffset[from.Count];
        }

        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
