using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Passes a produce stream on to the client, and notes each acknowledged offset before its sender hears of it.</summary>
/// <remarks>
/// That order is what makes a writer read its own writes: a bounded read that opens later waits for that offset, whichever cache on this host
/// it reads at (<see cref="TopicSiblings"/>).
/// </remarks>
internal sealed class ProduceRelay : StreamHandler
{
    private readonly CacheServerBinding _binding;
    private readonly Followers _topic;
    private readonly long _clientId;
    private ClientSide? _client;

    public ProduceRelay(CacheServerBinding binding, Followers topic, long clientId)
    {
        _binding = binding;
        _topic = topic;
        _clientId = clientId;
        topic.Writers++;
    }

    public override void OnBegin(in BeginFrame frame)
    {
        _client = new ClientSide(this);
        Port.Engine.Open(_client, _binding.Id, _clientId, frame.Extension, frame.Header.Authorization, frame.Header.TraceId, frame.Affinity);
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

    public override void OnClosed()
    {
        _client?.Port.Close(CloseReason.Cancelled);
        _topic.Writers--;
        _binding.LeaveIfIdle(_topic.Feed.Topic);
    }

    private bool TryNote(int partition, long offset)
    {
        string topic = _topic.Feed.Topic;
        try
        {
            _topic.Siblings.Note(_binding.Fetch.RaiseLatestOffset(topic, partition, offset), partition, offset);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FetchLog.SiblingsUnreachable(_binding.Fetch.Logger, topic, exception.Message, _binding.Fetch.Directory.Path);
            return false;
        }
    }

    private sealed class ClientSide(ProduceRelay relay) : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => relay.Port.SendBegin(frame.Extension);

        public override void OnFlush(in FlushFrame frame)
        {
            bool isOffset = KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) && flush.Kind == KafkaFlushKind.Acknowledged && flush.Offset >= 0;
            if (isOffset && !relay.TryNote(flush.Partition, flush.Offset))
            {
                relay.Port.Close(CloseReason.Failed);
                return;
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
}
