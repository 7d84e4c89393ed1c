namespace Sluice.KafkaCache.Produce;

/// <summary>Log ids 5100-5199.</summary>
internal static partial class ProduceLog
{
    [LoggerMessage(5100, LogLevel.Warning, "client {Client} cannot reach Kafka at {Servers}: {Reason}; records wait up to {TimeoutMs} ms for it")]
    public static partial void BrokersLost(ILogger logger, string client, string servers, string reason, int timeoutMs);

    [LoggerMessage(5101, LogLevel.Information, "client {Client} produces to Kafka at {Servers} again")]
    public static partial void BrokersBack(ILogger logger, string client, string servers);

    [LoggerMessage(5102, LogLevel.Warning, "client {Client}: topic {Topic} partition {Partition} refused a record with Kafka error {Error}: {Reason}")]
    public static partial void RecordRefused(ILogger logger, string client, string topic, int partition, int error, string reason);

    [LoggerMessage(5103, LogLevel.Error, "client {Client}: the producer failed for good ({Reason}); a new one takes its place")]
    public static partial void ProducerFailed(ILogger logger, string client, string reason);

    [LoggerMessage(5104, LogLevel.Debug, "librdkafka {Name} {Facility}: {Text}")]
    public static partial void Library(ILogger logger, string name, string facility, string text);

    [LoggerMessage(5105, LogLevel.Warning, "client {Client}: {BudgetBytes} bytes of records are on their way, no more fit; a stream to topic {Topic} was refused after {WaitMs} ms")]
    public static partial void BudgetExhausted(ILogger logger, string client, long budgetBytes, string topic, int waitMs);
}
