using System.Buffers;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Writes a request as one record and answers 204 when Kafka has acknowledged it (config-kafka §4.3).</summary>
/// <remarks>
/// <code>
///   client   BEGIN  DATA a        DATA b  END                        204
///   kafka    BEGIN  INIT+meta a   b       FIN  END  ⇐ Acknowledged   ⇐ END
/// </code>
/// Body pieces pass through on the kafka stream's credit. With a content length the last piece is FIN itself. A client that leaves
/// before the end aborts the kafka stream, and the staged record vanishes.
/// </remarks>
internal sealed class ProduceExchange : HttpKafkaExchange
{
    private readonly bool _isTombstone;
    private readonly int _metadataBytes;
    private byte[]? _metadata;
    private int _bytesLeft;
    private bool _isAwaited;
    private bool _isComplete;
    private bool _isSent;

    /// <param name="binding">Where the exchange belongs.</param>
    /// <param name="metadata">Key and headers as <see cref="KafkaDataEx"/>, from the shared array pool; owned from here on.</param>
    /// <param name="metadataBytes">How much of it is used.</param>
    /// <param name="isTombstone">The record has a null value, whatever the body.</param>
    /// <param name="contentBytes">The body's length, or -1 when only its end will tell.</param>
    public ProduceExchange(HttpKafkaBinding binding, byte[] metadata, int metadataBytes, bool isTombstone, int contentBytes)
        : base(binding)
    {
        _metadata = metadata;
        _metadataBytes = metadataBytes;
        _isTombstone = isTombstone;
        _bytesLeft = contentBytes;
    }

    public override void OnBegin(in BeginFrame frame)
    {
        if (_isTombstone)
        {
            Port.SendWindow(ConstantExchange.DroppedBodyWindowBytes);
        }

        if (Binding.ProduceTimeoutMs > 0)
        {
            Timer = Port.Engine.Schedule(Binding.ProduceTimeoutMs, static exchange => ((ProduceExchange)exchange!).OnTimeout(), this);
        }
    }

    public override void OnData(in DataFrame frame)
    {
        if (_isTombstone || _isSent)
        {
            Port.Acknowledge(frame.Reserved);
            return;
        }

        bool isLast = _bytesLeft >= 0 && (_bytesLeft -= frame.Payload.Length) <= 0;
        if (!TrySend(frame.Payload, isLast))
        {
            Port.Close(CloseReason.CreditOverrun); // The credit given was the kafka stream's own: this cannot be the client's fault.
        }
    }

    public override void OnEnd(in EndFrame frame)
    {
        _isComplete = true;
        TryFinish();
    }

    public override void OnClosed()
    {
        base.OnClosed();
        ReturnMetadata();
    }

    protected override void OnKafkaWindow()
    {
        _isAwaited = true;
        if (!_isTombstone)
        {
            Port.ShareWindowOf(Kafka);
        }

        TryFinish();
    }

    protected override void OnKafkaFlush(in KafkaFlushEx flush)
    {
        if (flush.Kind == KafkaFlushKind.Acknowledged && _isSent)
        {
            LeaveKafka();
            Answer(HttpResponses.NoContent);
        }
    }

    protected override void OnKafkaEnd() => Fail(CloseReason.Failed, null); // An end without acknowledgement keeps no promise.

    protected override byte[] RefusalOf(int? error) => KafkaRefusal.OfProduce(error);

    // The end of the request makes the record; without credit for it yet, the next WINDOW does. Before the first one nothing may be
    // sent, however small.
    private void TryFinish()
    {
        if (_isComplete && _isAwaited && !_isSent)
        {
            TrySend(default, isLast: true);
        }
    }

    private bool TrySend(ReadOnlySpan<byte> payload, bool isLast)
    {
        ReadOnlySpan<byte> metadata = _metadata.AsSpan(0, _metadata is null ? 0 : _metadataBytes);
        DataFlags flags = (_metadata is null ? DataFlags.None : DataFlags.Init) | (isLast ? DataFlags.Fin : DataFlags.None);
        bool isSent = _isTombstone ? Kafka.TrySendNull(metadata, flags) : Kafka.TrySendData(payload, flags, metadata);
        if (!isSent)
        {
            return false;
        }

        ReturnMetadata();
        if (isLast)
        {
            _isSent = true;
            Kafka.SendEnd();
        }

        return true;
    }

    private void OnTimeout()
    {
        CloseKafka();
        Answer(HttpResponses.Unavailable);
        Port.SendReset(CloseReason.TimedOut);
    }

    private void ReturnMetadata()
    {
        if (_metadata is not null)
        {
            ArrayPool<byte>.Shared.Return(_metadata);
            _metadata = null;
        }
    }
}
