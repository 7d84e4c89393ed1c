using Sluice.Frames;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>Log ids 4000-4099.</summary>
internal static partial class CacheLog
{
    [LoggerMessage(4000, LogLevel.Debug, "topic {Topic}: {Partitions} partitions, read from {Path}")]
    public static partial void TopicOpened(ILogger logger, string topic, int partitions, string path);

    [LoggerMessage(4001, LogLevel.Warning, "topic {Topic}: the Kafka cache is gone ({Reason}); reads go on from what is mapped, writes wait, trying again in {RetryMs} ms")]
    public static partial void TopicLost(ILogger logger, string topic, CloseReason reason, long retryMs);

    [LoggerMessage(4002, LogLevel.Warning, "topic {Topic}: cannot read the cached segments ({Error}); trying again in {RetryMs} ms")]
    public static partial void TopicUnreadable(ILogger logger, string topic, string error, long retryMs);

    [LoggerMessage(4003, LogLevel.Information, "topic {Topic}: the Kafka cache is back")]
    public static partial void TopicBack(ILogger logger, string topic);

    [LoggerMessage(4004, LogLevel.Warning, "topic {Topic}: record {Partition}/{Offset} is left out, its key and headers take {Bytes} bytes and a frame holds {BytesMax}")]
    public static partial void RecordLeftOut(ILogger logger, string topic, int partition, long offset, long bytes, int bytesMax);

    [LoggerMessage(4006, LogLevel.Debug, "topic {Topic}: {Partitions} partitions, cached where we share no memory; its records come as frames")]
    public static partial void TopicElsewhere(ILogger logger, string topic, int partitions);

    [LoggerMessage(4007, LogLevel.Information, "topic {Topic}: another Kafka cache is its home now; it is left for that one when it has answered")]
    public static partial void TopicMoves(ILogger logger, string topic);

    [LoggerMessage(4005, LogLevel.Warning, "topic {Topic}: partition {Partition} refused a record with Kafka error {Error}")]
    public static partial void ProduceRefused(ILogger logger, string topic, int partition, int error);
}
