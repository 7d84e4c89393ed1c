using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>Reads a topic for a mapping: all partitions, what is cached and (unless bounded) what comes (config-kafka §2.6, §2.7).</summary>
/// <remarks>
/// <code>
///   topic known: BEGIN(latest)  ─▶  the cache holds all there was at open  ─▶  records …  ─▶  CaughtUp  ─▶  bounded: END
/// </code>
/// Records are read in slices, so that one long read does not hold up other streams. Without credit the place is kept, and the next
/// window goes on from there.
/// </remarks>
public sealed class MergedFetch : StreamHandler, ITopicUser
{
    /// <summary>Records looked at in one go: some tens of microseconds of work, then others have their turn.</summary>
    private const int RecordsPerSlice = 512;

    private enum Phase
    {
        Unknown, // The topic is, or what is latest in it.
        Filling, // The cache has not read yet what there was at open.
        Reading,
        Over,
    }

    private static readonly byte[] NoFilters = new byte[sizeof(int)];

    private readonly TopicSource _topic;
    private readonly TopicCursor _cursor;
    private readonly bool _isBounded;
    private readonly byte[] _filters;
    private Phase _phase;
    private bool _isAwaited; // Before the first WINDOW nothing may be sent, however small.
    private bool _isCompacted;
    private bool _isCaughtUp;
    private bool _isInValue;
    private bool _isPosted;
    private int _sentBytes;

    /// <summary>Joins the topic; the records are those of a merged fetch that was asked for.</summary>
    public MergedFetch(TopicSource topic, in KafkaBeginEx begin)
    {
        _topic = topic;
        _isBounded = begin.IsBounded;
        _filters = begin.Filters.Count == 0 ? NoFilters : begin.Filters.Encoded.ToArray();
        _cursor = new TopicCursor(topic, begin.Starts.ToArray(), begin.Ends.ToArray(), _isBounded);
        topic.Join(this);
    }

    /// <inheritdoc/>
    public int Slot { get; set; }

    /// <inheritdoc/>
    public override void OnBegin(in BeginFrame frame)
    {
        Continue();
        if (_phase == Phase.Unknown && _topic.LostReason is CloseReason reason)
        {
            Port.Close(reason);
        }
    }

    /// <inheritdoc/>
    public override void OnWindow(in WindowFrame frame)
    {
        _isAwaited = true;
        Continue();
    }

    /// <inheritdoc/>
    public void OnTopicMoved() => Continue();

    /// <inheritdoc/>
    public void OnTopicLost()
    {
        if (_phase is Phase.Unknown or Phase.Filling)
        {
            Port.Close(_topic.LostReason ?? CloseReason.PeerLost); // What it waits for will not come soon.
        }
    }

    /// <inheritdoc/>
    public override void OnClosed()
    {
        _phase = Phase.Over;
        _topic.Leave(this);
        _cursor.Release();
    }

    private void Continue()
    {
        try
        {
            if (_phase == Phase.Unknown)
            {
                OpenIfKnown();
            }

            if (_phase is Phase.Filling or Phase.Reading && !Follows())
            {
                return;
            }

            if (_phase == Phase.Filling)
            {
                StartIfFilled();
            }

            if (_phase == Phase.Reading && _isAwaited)
            {
                Read();
            }
        }
        catch (InvalidDataException exception)
        {
            _topic.Reopen(exception.Message);
            Port.Close(CloseReason.Failed);
        }
    }

    private void OpenIfKnown()
    {
        if (_topic.Reader is { PartitionCount: > 0 } reader && (!WaitsForAll(reader.IsCompacted) || !_topic.IsOutdated))
        {
            _isCompacted = reader.IsCompacted;
            _phase = Phase.Filling;
            Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, _isCompacted, default, _cursor.Open()));
        }
    }

    private bool Follows()
    {
        if (_topic.Reader is not null && _cursor.TryFollow())
        {
            return true;
        }

        if (_topic.Reader is not null)
        {
            Port.Close(CloseReason.Failed); // The topic was made anew: offsets of the old one mean nothing in it.
        }
        else if (_topic.IsElsewhere)
        {
            Port.Close(CloseReason.PeerLost); // What was mapped went away; whoever opens again is led there.
        }

        return false;
    }

    // What was acknowledged before we opened must be there (read your writes), and which record of a key is the newest is not known
    // before. A live read of a topic that keeps everything gives what is there as it comes.
    private bool WaitsForAll(bool isCompacted) => _isBounded || isCompacted;

    private void StartIfFilled()
    {
        if (WaitsForAll(_isCompacted) && !_cursor.IsFilled)
        {
            if (_topic.LostReason is CloseReason reason)
            {
                Port.Close(reason);
            }

            return;
        }

        _phase = Phase.Reading;
        if (_isCompacted && KafkaFilters.FromEncoded(_filters).TryGetOnlyKey(out ReadOnlySpan<byte> key))
        {
            _cursor.LookUp(key);
        }
    }

    private void Read()
    {
        if (_isInValue && !TryFinishValue())
        {
            return;
        }

        for (int count = 0; count < RecordsPerSlice; count++)
        {
            if (!_cursor.TryNext(out RecordView record))
            {
                CatchUp();
                return;
            }

            if (!TryDeliver(record) || _isInValue)
            {
                return; // The next window goes on from here.
            }
        }

        PostContinue();
    }

    private bool TryDeliver(in RecordView record)
    {
        if (_isCompacted && _cursor.IsSuperseded(record))
        {
            return true;
        }

        long mask = KafkaFilters.FromEncoded(_filters).Match(record.Key, record.IsKeyNull, HeaderList.Of(record.HeaderCount, record.HeaderFields));
        if (mask == 0)
        {
            return true;
        }

        long extensionBytes = RecordFrame.ExtensionBytes(record, _cursor.PartitionCount);
        if (extensionBytes > FrameLayout.ExtensionBytesMax)
        {
            _topic.OnRecordLeftOut(_cursor.Partition, record.Offset, extensionBytes);
            return true;
        }

        PartitionOffset delivered = _cursor.Progress[_cursor.Partition];
        _cursor.NoteDelivered();
        if (!RecordFrame.TrySendFirst(Port, record, _cursor.Partition, mask, _cursor.Progress, out _sentBytes))
        {
            _cursor.StepBack(delivered);
            return false;
        }

        _isInValue = _sentBytes < record.Value.Length;
        return true;
    }

    private bool TryFinishValue()
    {
        if (!_cursor.TryReread(out RecordView record))
        {
            Port.Close(CloseReason.Failed); // Compacted away while a slow client was in the middle of it.
            return false;
        }

        _isInValue = !RecordFrame.TrySendRest(Port, record, ref _sentBytes);
        return !_isInValue;
    }

    private void CatchUp()
    {
        if (_isCaughtUp || !_cursor.IsCaughtUp)
        {
            return;
        }

        _isCaughtUp = true;
        Port.SendFlush(KafkaFlushEx.WriteCaughtUp(ExtensionWriter.Scratch, _cursor.Reached()));
        if (_isBounded)
        {
            _phase = Phase.Over;
            Port.SendEnd();
        }
    }

    private void PostContinue()
    {
        if (!_isPosted)
        {
            _isPosted = true;
            Port.Engine.Post(static stream => ((MergedFetch)stream!).OnPosted(), this);
        }
    }

    private void OnPosted()
    {
        _isPosted = false;
        if (_phase == Phase.Reading)
        {
            Continue();
        }
    }
}
