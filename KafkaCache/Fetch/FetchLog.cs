namespace Sluice.KafkaCache.Fetch;

/// <summary>Log ids 5000-5099.</summary>
internal static partial class FetchLog
{
    [LoggerMessage(5000, LogLevel.Warning, "cache {Cache} waits for Kafka at {Servers}: {Reason}; it is tried again until it answers")]
    public static partial void WaitsForBroker(ILogger logger, string cache, string servers, string reason);

    [LoggerMessage(5001, LogLevel.Information, "cache {Cache} reaches Kafka at {Servers} again")]
    public static partial void BrokerBack(ILogger logger, string cache, string servers);

    [LoggerMessage(5002, LogLevel.Warning, "cache {Cache} waits for topic {Topic}: {Reason}; create it, it is looked for until it is there")]
    public static partial void WaitsForTopic(ILogger logger, string cache, string topic, string reason);

    [LoggerMessage(5003, LogLevel.Information, "cache {Cache} reads topic {Topic}, {Partitions} partition(s), {Policy}")]
    public static partial void TopicStarted(ILogger logger, string cache, string topic, int partitions, string policy);

    [LoggerMessage(5004, LogLevel.Information, "cache {Cache} has all of topic {Topic} as it was at the start, {Records} offset(s)")]
    public static partial void TopicFilled(ILogger logger, string cache, string topic, long records);

    [LoggerMessage(5005, LogLevel.Warning, "cache {Cache} reads topic {Topic} anew: {Reason}")]
    public static partial void TopicRestarted(ILogger logger, string cache, string topic, string reason);

    [LoggerMessage(5006, LogLevel.Information, "cache {Cache} sees {Partitions} partitions of topic {Topic} now")]
    public static partial void PartitionsAdded(ILogger logger, string cache, string topic, int partitions);

    [LoggerMessage(5007, LogLevel.Error, "cache {Cache} cannot store topic {Topic}: {Reason}; it is tried again every {RetryMs} ms, free some space under {Directory}")]
    public static partial void StorageFailed(ILogger logger, string cache, string topic, string reason, long retryMs, string directory);

    [LoggerMessage(5008, LogLevel.Information, "cache {Cache} forgets topic {Topic}: nobody read it for {IdleMs} ms")]
    public static partial void TopicDropped(ILogger logger, string cache, string topic, long idleMs);

    [LoggerMessage(5009, LogLevel.Debug, "librdkafka {Name} {Facility}: {Text}")]
    public static partial void Library(ILogger logger, string name, string facility, string text);

    [LoggerMessage(5010, LogLevel.Debug, "cache {Cache}: topic {Topic} partition {Partition}: {Reason}")]
    public static partial void PartitionTrouble(ILogger logger, string cache, string topic, int partition, string reason);

    [LoggerMessage(5011, LogLevel.Warning, "cache {Cache} may not read the settings of topic {Topic} ({Reason}) and takes the defaults: cleanup.policy=delete")]
    public static partial void SettingsUnknown(ILogger logger, string cache, string topic, string reason);

    [LoggerMessage(5015, LogLevel.Warning, "cache {Cache} could not ask Kafka where partitions end ({Reason}); that is heard of with their first records")]
    public static partial void EndsUnknown(ILogger logger, string cache, string reason);

    [LoggerMessage(5016, LogLevel.Warning, "topic {Topic}: a record was written but is not acknowledged, for other caches on this host cannot be told of it ({Reason}); look at the files under {Directory}")]
    public static partial void SiblingsUnreachable(ILogger logger, string topic, string reason, string directory);

    [LoggerMessage(5013, LogLevel.Warning, "topic {Topic}: its segments cannot be read for a peer on another host ({Error}); trying again with the next record")]
    public static partial void ServedUnreadable(ILogger logger, string topic, string error);

    [LoggerMessage(5014, LogLevel.Warning, "topic {Topic}: record {Partition}/{Offset} is left out, its key and headers take {Bytes} bytes and a frame holds {BytesMax}")]
    public static partial void RecordLeftOut(ILogger logger, string topic, int partition, long offset, long bytes, int bytesMax);

    [LoggerMessage(5012, LogLevel.Critical, "cache {Cache}: the fetch thread ended by a fault of ours")]
    public static partial void ThreadFailed(ILogger logger, string cache, Exception exception);
}
