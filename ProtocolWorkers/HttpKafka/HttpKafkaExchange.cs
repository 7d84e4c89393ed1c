using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>One request and the kafka stream that answers it: what produce and fetch have in common.</summary>
/// <remarks>
/// The exchange is the handler of the HTTP stream; frames of the kafka stream come in through <c>OnKafka…</c>. However one side ends,
/// the other is closed too: a client that leaves cancels the kafka stream, a kafka stream that fails becomes a status, or, when no
/// status describes it (the process behind is gone), a refusal with the reason, which Edge answers with 503.
/// </remarks>
internal abstract class HttpKafkaExchange : StreamHandler
{
    private readonly KafkaSide _kafka;
    private bool _isKafkaDone;

    protected HttpKafkaExchange(HttpKafkaBinding binding)
    {
        Binding = binding;
        _kafka = new KafkaSide(this);
    }

    protected HttpKafkaBinding Binding { get; }

    protected StreamPort Kafka => _kafka.Port;

    /// <summary>Set while the exchange waits for something that may never come.</summary>
    protected EngineTimer? Timer { get; set; }

    /// <summary>Opens the kafka stream. Its frames arrive in later turns, when the HTTP stream is in place.</summary>
    public void OpenKafka(long exitId, ReadOnlySpan<byte> extension, in BeginFrame begin) =>
        Binding.Engine.Open(_kafka, Binding.Id, exitId, extension, begin.Header.Authorization, begin.Header.TraceId, begin.Affinity);

    public override void OnClosed()
    {
        Timer?.Dispose();
        if (!_isKafkaDone)
        {
            CloseKafka();
        }
    }

    protected virtual void OnKafkaBegin(in BeginFrame frame)
    {
    }

    protected virtual void OnKafkaWindow()
    {
    }

    protected virtual void OnKafkaData(in DataFrame frame) => Kafka.Acknowledge(frame.Reserved);

    protected virtual void OnKafkaFlush(in KafkaFlushEx flush)
    {
    }

    /// <summary>The kafka stream ended cleanly.</summary>
    protected abstract void OnKafkaEnd();

    /// <summary>The kafka stream is over and nothing is left of it.</summary>
    protected virtual void OnKafkaClosed()
    {
    }

    /// <summary>The answer when Kafka refuses.</summary>
    /// <param name="error">Its error code, when it gave one.</param>
    protected abstract byte[] RefusalOf(int? error);

    /// <summary>Sends a response without a body.</summary>
    protected void Answer(ReadOnlySpan<byte> response)
    {
        Port.SendBegin(response);
        Port.SendEnd();
    }

    /// <summary>Nothing more is wanted of Kafka: what it still sends is dropped.</summary>
    protected void CloseKafka()
    {
        _isKafkaDone = true;
        Kafka.Close(CloseReason.Cancelled);
    }

    /// <summary>Kafka has done its part and will end by itself.</summary>
    protected void LeaveKafka() => _isKafkaDone = true;

    protected void Fail(CloseReason reason, int? error)
    {
        if (Port.IsOutOpen)
        {
            Port.SendAbort(reason); // Half a response must look like half a response.
        }
        else if (error is not null || reason is CloseReason.None or CloseReason.NoRoute or CloseReason.Refused)
        {
            Answer(RefusalOf(error));
            Port.SendReset(CloseReason.Refused); // The rest of the request's body has nowhere to go.
        }
        else
        {
            Port.Close(reason);
        }
    }

    private void OnKafkaFailed(in CloseFrame frame)
    {
        Kafka.Close(frame.Reason);
        if (!_isKafkaDone)
        {
            _isKafkaDone = true;
            Fail(frame.Reason, KafkaCloseEx.ReadError(frame.Extension));
        }
    }

    private sealed class KafkaSide(HttpKafkaExchange exchange) : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => exchange.OnKafkaBegin(frame);

        public override void OnWindow(in WindowFrame frame) => exchange.OnKafkaWindow();

        public override void OnData(in DataFrame frame) => exchange.OnKafkaData(frame);

        public override void OnFlush(in FlushFrame frame)
        {
            if (KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush))
            {
                exchange.OnKafkaFlush(flush);
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            if (!exchange._isKafkaDone)
            {
                exchange.OnKafkaEnd();
            }
        }

        public override void OnAbort(in CloseFrame frame) => exchange.OnKafkaFailed(frame);

        public override void OnReset(in CloseFrame frame) => exchange.OnKafkaFailed(frame);

        public override void OnClosed() => exchange.OnKafkaClosed();
    }
}
