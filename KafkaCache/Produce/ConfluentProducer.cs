using Confluent.Kafka;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>Produces with librdkafka, which copies a record when it takes it and batches what waits for one partition.</summary>
internal sealed class ConfluentProducer : IRecordProducer
{
    private const int MessageBytesMax = 1_000_000_000; // The topic's and the broker's limit decide, not ours.
    private const int BatchBytes = 128 * 1024;         // Below any topic's max.message.bytes that is in use: the limit holds for a batch.

    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly ProduceStatus _status;
    private volatile bool _isFailed;

    public ConfluentProducer(string client, string servers, string clientId, KafkaAcks acks, ProduceSettings settings, ProduceStatus status, ILogger logger)
    {
        _status = status;
        bool isSafest = acks == KafkaAcks.InSyncReplicas;
        var config = new ProducerConfig
        {
            BootstrapServers = servers,
            ClientId = clientId,
            Acks = (Acks)(int)acks,
            EnableIdempotence = isSafest, // A retry neither doubles nor reorders.
            LingerMs = settings.LingerMs,
            BatchSize = BatchBytes,
            MessageMaxBytes = MessageBytesMax,
            MessageTimeoutMs = settings.TimeoutMs,
            QueueBufferingMaxMessages = settings.QueuedRecordsMax,
            QueueBufferingMaxKbytes = (int)Math.Min(2_000_000, (settings.BudgetBytes / 1024) + (64 * 1024)),
            CompressionType = CompressionType.None, // config-kafka §2.8 rule 5
            Partitioner = Partitioner.Murmur2Random, // As Java clients; only for records without a partition.
            RetryBackoffMs = 50,
            RetryBackoffMaxMs = 1000,
            ReconnectBackoffMs = 50,
            ReconnectBackoffMaxMs = 1000,
            SocketConnectionSetupTimeoutMs = 5000,
            SocketNagleDisable = true,
            StatisticsIntervalMs = 0,
            CancellationDelayMaxMs = 1000, // The client's own thread looks this often whether it is to stop; a report wakes it at once.
            DeliveryReportFields = "status,timestamp", // Keys and values need not be kept until the report.
        };
        _producer = new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal)
                {
                    _isFailed = true;
                    ProduceLog.ProducerFailed(logger, client, error.Reason);
                }
                else if (error.Code is ErrorCode.Local_AllBrokersDown)
                {
                    status.BrokersLost(error.Reason);
                }
            })
            .SetLogHandler((_, message) => ProduceLog.Library(logger, message.Name, message.Facility, message.Message))
            .Build();
    }

    public bool IsFailed => _isFailed;

    public int Produce(ProducedRecord record, IDeliveryTarget target)
    {
        var message = new Message<byte[]?, byte[]?>
        {
            Key = record.Key,
            Value = record.Value,
            Timestamp = record.TimestampMs > 0 ? new Timestamp(record.TimestampMs, TimestampType.CreateTime) : Timestamp.Default,
        };
        if (record.Headers is { Count: > 0 } headers)
        {
            message.Headers = [];
            foreach ((string name, byte[]? value) in headers)
            {
                message.Headers.Add(name, value);
            }
        }

        try
        {
            Partition partition = record.Partition >= 0 ? new Partition(record.Partition) : Partition.Any;
            _producer.Produce(new TopicPartition(record.Topic, partition), message, report => OnReport(report, target));
            return 0;
        }
        catch (KafkaException exception)
        {
            _isFailed |= exception.Error.IsFatal || exception.Error.Code == ErrorCode.Local_Fatal;
            return KafkaErrorCodes.Of(exception.Error.Code);
        }
        catch (ObjectDisposedException)
        {
            return KafkaErrors.RequestTimedOut; // The service is stopping.
        }
    }

    public void Flush(int timeoutMs)
    {
        try
        {
            _producer.Flush(TimeSpan.FromMilliseconds(timeoutMs));
        }
        catch (ObjectDisposedException)
        {
            // Another thread was quicker.
        }
    }

    public void Dispose() => _producer.Dispose();

    private void OnReport(DeliveryReport<byte[]?, byte[]?> report, IDeliveryTarget target)
    {
        int error = KafkaErrorCodes.Of(report.Error.Code);
        if (error == 0)
        {
            _status.BrokersAnswer();
        }

        long timestampMs = report.Timestamp.Type == TimestampType.NotAvailable ? -1 : report.Timestamp.UnixTimestampMs;
        target.OnDelivered(new Delivery(error, error == 0 ? "" : report.Error.Reason, report.Partition.Value, Math.Max(-1, report.Offset.Value), timestampMs));
    }
}
