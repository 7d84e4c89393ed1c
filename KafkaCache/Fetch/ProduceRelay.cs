using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Passes a produce stream on to the client, and notes each acknowledged offset before its sender hears of it.</summary>
/// <remarks>That order is what makes a writer read its own writes: a bounded read that opens later waits for that offset.</remarks>
internal sealed class ProduceRelay(FetchLoop fetch, string topic, long serverId, long clientId) : StreamHandler
{
    private ClientSide? _client;

    public override void OnBegin(in BeginFrame frame)
    {
        _client = new ClientSide(this);
        Port.Engine.Open(_client, serverId, clientId, frame.Extension, frame.Header.Authorization, frame.Header.TraceId, frame.Affinity);
    }

    // Sent on at once: the window that our sender has is the one that the client granted.
    public override void OnData(in DataFrame frame)
    {
        bool isSent = frame.IsNull
            ? _client!.Port.TrySendNull(frame.Extension, frame.Flags)
            : _client!.Port.TrySendData(frame.Payload, frame.Flags, frame.Extension);
        if (!isSent)
        {
            Port.Close(CloseReason.Failed);
            _client.Port.Close(CloseReason.Failed);
        }
    }

    public override void OnFlush(in FlushFrame frame) => _client!.Port.SendFlush(frame.Extension);

    public override void OnEnd(in EndFrame frame) => _client!.Port.SendEnd(frame.Extension);

    public override void OnAbort(in CloseFrame frame)
    {
        _client?.Port.SendAbort(frame.Reason, frame.Extension);
        Port.Close(frame.Reason);
    }

    public override void OnReset(in CloseFrame frame)
    {
        _client?.Port.SendReset(frame.Reason, frame.Extension);
        Port.Close(frame.Reason);
    }

    public override void OnClosed() => _client?.Port.Close(CloseReason.Cancelled);

    private sealed class ClientSide(ProduceRelay relay) : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => relay.Port.SendBegin(frame.Extension);

        public override void OnFlush(in FlushFrame frame)
        {
            if (KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) && flush.Kind == KafkaFlushKind.Acknowledged && flush.Offset >= 0)
            {
                relay.NoteAcknowledged(flush.Partition, flush.Offset);
            }

            relay.Port.SendFlush(frame.Extension);
        }

        public override void OnEnd(in EndFrame frame) => relay.Port.SendEnd(frame.Extension);

        public override void OnAbort(in CloseFrame frame)
        {
            relay.Port.SendAbort(frame.Reason, frame.Extension);
            Port.Close(frame.Reason);
        }

        public override void OnReset(in CloseFrame frame)
        {
            relay.Port.SendReset(frame.Reason, frame.Extension);
            Port.Close(frame.Reason);
        }

        public override void OnWindow(in WindowFrame frame) => relay.Port.ShareWindowOf(Port);
    }

    private void NoteAcknowledged(int partition, long offset) => fetch.RaiseLatestOffset(topic, partition, offset);
}
