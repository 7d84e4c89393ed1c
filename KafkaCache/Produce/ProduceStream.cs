using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>One produce stream: pieces become records, records go to the producer, deliveries become acknowledgements in order.</summary>
/// <remarks>
/// Memory: the window is taken from the budget before it is granted, a record before its pieces are acknowledged, and both are given
/// back when the broker has answered. So a process that holds as much as it may grants nothing more, and its peers wait.
/// The first record that fails ends the stream: what its sender was not told of may or may not be written.
/// </remarks>
internal sealed partial class ProduceStream(ProduceScope scope, string topic, int partition, KafkaAcks acks) : StreamHandler, IBudgetWaiter
{
    private readonly RecordAssembly _assembly = new();
    private readonly Queue<PendingRecord> _pending = new();
    private IRecordProducer? _producer;
    private long _pendingBytes;
    private int _owedBytes;     // credit of pieces whose record has no room in the budget yet
    private bool _isEnding;
    private bool _isOver;

    public FrameEngine Engine => scope.Engine;

    public override void OnBegin(in BeginFrame frame)
    {
        Port.SendBegin();
        if (scope.Producers.TryGet(acks, out IRecordProducer producer))
        {
            Start(producer);
        }
        else
        {
            _ = StartLaterAsync();
        }
    }

    public override void OnData(in DataFrame frame)
    {
        _owedBytes += frame.Reserved;
        if ((frame.Flags & DataFlags.Init) != 0 && !TryOpen(frame))
        {
            return;
        }

        if (!_assembly.IsOpen)
        {
            Fail(KafkaErrors.InvalidRecord, CloseReason.ProtocolViolation);
            return;
        }

        _assembly.Add(frame);
        if (_assembly.Bytes > RecordBytesMax(out int error))
        {
            Fail(error, CloseReason.Refused);
            return;
        }

        if ((frame.Flags & DataFlags.Incomplete) != 0)
        {
            _assembly.Drop(); // Its sender gave up midway: the staged record vanishes (config-kafka §2.8 rule 4).
        }
        else if ((frame.Flags & DataFlags.Fin) != 0)
        {
            Produce();
        }

        Settle();
    }

    public override void OnEnd(in EndFrame frame)
    {
        _isEnding = true;
        if (_assembly.IsOpen)
        {
            _assembly.Drop();
            Settle();
        }

        EndIfDone();
    }

    // The sender left: what is complete is on its way, the rest vanishes.
    public override void OnAbort(in CloseFrame frame) => Port.Close(frame.Reason);

    public override void OnClosed()
    {
        _isOver = true;
        _assembly.Drop();
        LeaveLine();
        GiveWindow();
        GiveBack();
    }

    /// <summary>Engine thread: the broker answered, or the time is up.</summary>
    public void OnDelivered(PendingRecord record)
    {
        record.IsDelivered = true;
        if (record.Delivery.Error != 0)
        {
            Delivery failed = record.Delivery;
            ProduceLog.RecordRefused(scope.Logger, scope.Client, topic, failed.Partition, failed.Error, failed.Reason);
            Fail(failed.Error, CloseReason.Refused);
        }

        while (_pending.TryPeek(out PendingRecord? first) && first.IsDelivered)
        {
            _pending.Dequeue();
            _pendingBytes -= first.Bytes;
            if (!_isOver)
            {
                Delivery done = first.Delivery;
                Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, done.Partition, done.Offset, done.TimestampMs));
            }
        }

        GiveBack();
        if (!_isOver)
        {
            EndIfDone();
        }
    }

    private async Task StartLaterAsync()
    {
        try
        {
            IRecordProducer producer = await scope.Producers.GetAsync(acks);
            Start(producer);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Confluent.Kafka.KafkaException)
        {
            ProduceLog.RecordRefused(scope.Logger, scope.Client, topic, partition, KafkaErrors.Unknown, exception.Message);
            Fail(KafkaErrors.Unknown, CloseReason.Refused);
        }
    }

    private void Start(IRecordProducer producer)
    {
        if (!_isOver && !Port.IsInClosed)
        {
            _producer = producer;
            TryGrant();
        }
    }

    private bool TryOpen(in DataFrame frame)
    {
        if (_assembly.IsOpen || !KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx data))
        {
            Fail(KafkaErrors.InvalidRecord, CloseReason.ProtocolViolation);
            return false;
        }

        _assembly.Open(data, RecordBytesMax(out _));
        return true;
    }

    // The topic's own limit, and that of our memory: config-kafka §2.8 rule 3.
    private long RecordBytesMax(out int error)
    {
        long ofTopic = scope.Limits.MaxMessageBytes(topic);
        long ofMemory = scope.Settings.RecordBytesMax;
        error = ofTopic <= ofMemory ? KafkaErrors.MessageTooLarge : KafkaErrors.RecordListTooLarge;
        return Math.Min(ofTopic, ofMemory);
    }

    private void Produce()
    {
        var pending = new PendingRecord(this, scope.Inbox, _assembly.Bytes);
        ProducedRecord record = _assembly.Close(topic, partition);
        if (_producer!.IsFailed && scope.Producers.TryGet(acks, out IRecordProducer other))
        {
            _producer = other;
        }

        int error = _producer.Produce(record, pending);
        if (error != 0)
        {
            ProduceLog.RecordRefused(scope.Logger, scope.Client, topic, partition, error, "the producer did not take it");
            Fail(error, CloseReason.Refused);
            return;
        }

        _pending.Enqueue(pending);
        _pendingBytes += pending.Bytes;
    }

    private void EndIfDone()
    {
        if (_isEnding && _pending.Count == 0 && !_isOver)
        {
            Port.SendEnd();
        }
    }

    private void Fail(int error, CloseReason reason)
    {
        if (_isOver)
        {
            return;
        }

        _assembly.Drop();
        LeaveLine();
        ReadOnlySpan<byte> extension = KafkaCloseEx.Write(ExtensionWriter.Scratch, error);
        Port.SendReset(reason, extension);
        Port.SendAbort(reason, extension);
        GiveBack();
    }
}
