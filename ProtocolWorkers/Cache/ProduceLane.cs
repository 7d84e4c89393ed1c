using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>Where a record went.</summary>
internal readonly record struct RecordPlace(int Partition, long Offset, long TimestampMs);

/// <summary>The part of a merged produce stream that goes to one partition: a produce stream to the cache_server.</summary>
/// <remarks>
/// A lane outlives the merged stream when its client left after the last record was complete: that record is written all the same.
/// </remarks>
internal sealed class ProduceLane(MergedProduce owner, int partition) : StreamHandler
{
    private const int WindowBytes = 4096; // Only marks come back, which need none; it says that we are ready.

    // A field, not a property: it is a struct that keeps state.
    private FrameHold _hold;
    private int _owedBytes;
    private bool _isAwaited; // Before the first WINDOW nothing may be sent, however small.
    private bool _isEnding;

    public int Partition => partition;

    /// <summary>Records sent this way and not acknowledged yet.</summary>
    public int Outstanding { get; set; }

    /// <summary>Acknowledgements that wait for those of other lanes; null as long as there is one lane.</summary>
    public Queue<RecordPlace>? Early { get; set; }

    public void Send(in DataFrame frame)
    {
        if (_isAwaited && _hold.IsEmpty && TrySendNow(frame))
        {
            owner.OnSent(frame.Reserved);
            return;
        }

        _hold.Add(frame);
        _owedBytes += frame.Reserved;
        Flush();
    }

    /// <summary>Nothing follows.</summary>
    public void Finish()
    {
        _isEnding = true;
        Flush();
    }

    public override void OnBegin(in BeginFrame frame) => Port.SendWindow(WindowBytes);

    public override void OnWindow(in WindowFrame frame)
    {
        _isAwaited = true;
        Flush();
    }

    public override void OnFlush(in FlushFrame frame)
    {
        if (KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) && flush.Kind == KafkaFlushKind.Acknowledged && Outstanding > 0)
        {
            owner.OnAcknowledged(this, new RecordPlace(flush.Partition, flush.Offset, flush.TimestampMs));
        }
    }

    public override void OnEnd(in EndFrame frame)
    {
        if (Outstanding > 0)
        {
            Port.Close(CloseReason.Failed);
            owner.OnLaneFailed(this, CloseReason.Failed, default); // An end without acknowledgement keeps no promise.
        }
    }

    public override void OnAbort(in CloseFrame frame)
    {
        Port.Close(frame.Reason);
        owner.OnLaneFailed(this, frame.Reason, frame.Extension);
    }

    public override void OnReset(in CloseFrame frame)
    {
        Port.Close(frame.Reason);
        owner.OnLaneFailed(this, frame.Reason, frame.Extension);
    }

    public override void OnClosed() => _hold.Release();

    private bool TrySendNow(in DataFrame frame) => frame.IsNull
        ? Port.TrySendNull(frame.Extension, frame.Flags)
        : Port.TrySendData(frame.Payload, frame.Flags, frame.Extension);

    private void Flush()
    {
        if (!_isAwaited || !_hold.TrySendAll(Port))
        {
            return;
        }

        owner.OnSent(_owedBytes);
        _owedBytes = 0;
        if (_isEnding)
        {
            Port.SendEnd();
        }
    }
}
