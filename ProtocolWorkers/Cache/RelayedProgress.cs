using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>How far a read has come whose frames are passed on: enough to go on with it at another cache as if there had been one only.</summary>
/// <remarks>
/// It goes on behind the last whole record of each partition, and with the ends of the first answer: what counts as newest of a key, and
/// where a bounded read stops, is as it was when the mapping asked. A record that was passed on in part is asked for alone first, and finished.
/// </remarks>
internal sealed class RelayedProgress
{
    private const int EntryBytes = 2 * 12; // A start and an end.

    private readonly byte[] _request;
    private readonly PartitionOffset[] _ends;
    private PartitionOffset[] _next;
    private PartitionOffset[] _nextAfter; // The record under way.
    private PartitionOffset _record;
    private long _position;               // Where the next piece of it begins,
    private long _passed;                 // and how much of it was passed on: more, while it comes once more.
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

    /// <summary>False when a request cannot hold that many partitions.</summary>
    public bool CanGoOn => _request.Length + (_next.Length * EntryBytes) <= FrameLayout.ExtensionBytesMax;

    /// <summary>True while only the rest of one record is read.</summary>
    public bool IsFinishing { get; private set; }

    /// <summary>True in the middle of a record.</summary>
    public bool IsInRecord => _isInRecord;

    /// <summary>True when a cache has the topic as far as it was seen before.</summary>
    public bool MayGoOn(in PartitionOffsets latest)
    {
        foreach (PartitionOffset end in _ends)
        {
            if (latest.For(end.Partition, -1) + 1 < end.Offset)
            {
                return false;
            }
        }

        KafkaBeginEx.TryRead(_request, out KafkaBeginEx asked);
        foreach (PartitionOffset next in _next)
        {
            // What the mapping asked for may lie ahead of all there is; what it was given may not.
            bool isGiven = next.Offset != asked.Starts.For(next.Partition, KafkaOffsets.Historical);
            if (isGiven && latest.For(next.Partition, -1) + 1 < next.Offset)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What to ask another cache for.</summary>
    public ReadOnlySpan<byte> NextRequest()
    {
        KafkaBeginEx.TryRead(_request, out KafkaBeginEx asked);
        IsFinishing = _isInRecord;
        PartitionOffset[] record = [_record];
        PartitionOffset[] behind = [_record with { Offset = _record.Offset + 1 }];
        return IsFinishing
            ? KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, asked.Topic, isBounded: true, record, default, behind)
            : KafkaBeginEx.WriteMergedFetch(
                ExtensionWriter.Scratch, asked.Topic, asked.IsBounded, _next, asked.Filters.Count == 0 ? default : asked.Filters.Encoded, _ends);
    }

    /// <summary>A piece of a record has come, to be passed on.</summary>
    /// <param name="frame">The piece.</param>
    /// <param name="skip">How many bytes of it were passed on before.</param>
    /// <returns>False when it is none, or none of the record that is to be finished.</returns>
    public bool TryNoteData(in DataFrame frame, out int skip)
    {
        skip = 0;
        if ((frame.Flags & DataFlags.Init) != 0 && !TryNoteBegun(frame))
        {
            return false;
        }

        int bytes = frame.Payload.Length;
        skip = (int)Math.Clamp(_passed - _position, 0, bytes);
        _position += bytes;
        _passed = Math.Max(_passed, _position);
        if ((frame.Flags & DataFlags.Fin) != 0)
        {
            _isInRecord = false;
            (_next, _nextAfter) = (_nextAfter, _next);
        }

        return true;
    }

    /// <summary>A FLUSH has come.</summary>
    /// <returns>False when it says for the second time that all is read that was there, or that a record is.</returns>
    public bool TryNoteFlush(in FlushFrame frame)
    {
        if (IsFinishing)
        {
            return false;
        }

        if (!KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) || flush.Kind != KafkaFlushKind.CaughtUp)
        {
            return true;
        }

        bool isFirst = !_isCaughtUp;
        _isCaughtUp = true;
        Copy(flush.Progress, ref _next);
        return isFirst;
    }

    private bool TryNoteBegun(in DataFrame frame)
    {
        if (!KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx data))
        {
            return false;
        }

        var record = new PartitionOffset(data.Partition, data.Offset);
        _position = 0;
        if (IsFinishing)
        {
            return _isInRecord && record == _record;
        }

        _isInRecord = true;
        _record = record;
        _passed = 0;
        Copy(data.Progress, ref _nextAfter);
        return true;
    }

    private static void Copy(in PartitionOffsets from, ref PartitionOffset[] to)
    {
        if (to.Length != from.Count)
        {
            to = new PartitionOffset[from.Count];
        }

        from.CopyTo(to);
    }
}
