namespace Sluice.Frames;

// SIGNAL (config-core §2.7 rule 5): what a stream tells itself, when a time has come or work that left the engine is done. It arrives
// between the frames of the stream, never inside a handler, and not after the stream is over.
public sealed partial class StreamPort
{
    /// <summary>Calls <see cref="StreamHandler.OnSignal"/> after a delay. Engine thread.</summary>
    /// <param name="delayMs">From 0; late by a turn at most.</param>
    /// <param name="signalId">The handler's own: what the time was for.</param>
    /// <param name="contextId">The handler's own: which of several.</param>
    /// <returns>Dispose it to call the signal off.</returns>
    public EngineTimer SignalAfter(long delayMs, int signalId, int contextId = 0)
    {
        var signal = new PendingSignal(this, ++Rare.LastCancelId, signalId, contextId, []);
        return Engine.Schedule(delayMs, static state => ((PendingSignal)state!).Deliver(), signal);
    }

    /// <summary>Tells the stream's handler that work elsewhere is done. Any thread; the order of one thread's signals is kept.</summary>
    /// <param name="signalId">The handler's own: which work.</param>
    /// <param name="contextId">The handler's own: which of several.</param>
    /// <param name="payload">The result, copied.</param>
    public void PostSignal(int signalId, int contextId = 0, ReadOnlySpan<byte> payload = default) =>
        Engine.Post(static state => ((PendingSignal)state!).Deliver(), new PendingSignal(this, 0, signalId, contextId, payload.ToArray()));

    private sealed class PendingSignal(StreamPort port, long cancelId, int signalId, int contextId, byte[] payload)
    {
        public void Deliver()
        {
            if (!port.IsOver)
            {
                port._link.Guard(port, this, static (port, signal) => signal.Tell(port));
            }
        }

        private void Tell(StreamPort to)
        {
            byte[] bytes = new byte[FrameLayout.SignalPayload + payload.Length];
            var record = new RecordWriter(bytes);
            record.Int32(FrameLayout.Length, bytes.Length);
            record.Int32(FrameLayout.Type, (int)FrameType.Signal);
            record.Int64(FrameLayout.OriginId, to.OriginId);
            record.Int64(FrameLayout.RoutedId, to.RoutedId);
            record.Int64(FrameLayout.StreamId, to.ConversationId | (to.IsOpener ? 1L : 0L));
            record.Int64(FrameLayout.TraceId, to.TraceId);
            record.Int64(FrameLayout.Authorization, to.Authorization);
            record.Int64(FrameLayout.Timestamp, to.Engine.StampNs);
            record.Int64(FrameLayout.SignalCancelId, cancelId);
            record.Int32(FrameLayout.SignalId, signalId);
            record.Int32(FrameLayout.SignalContextId, contextId);
            payload.CopyTo(bytes, FrameLayout.SignalPayload);
            to._handler.OnSignal(new SignalFrame(new FrameHeader(bytes)));
        }
    }
}
