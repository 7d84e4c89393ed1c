namespace Sluice.Frames.Extensions;

/// <summary>What a stream to a kafka binding is for (config-kafka §2.5).</summary>
public enum KafkaStreamKind
{
    /// <summary>Produce to, or fetch from, all partitions of a topic: what mapping bindings open to a <c>cache_client</c>.</summary>
    Merged = 1,

    /// <summary>Where a topic's cached segments are and how far they reach: what a <c>cache_client</c> opens to a <c>cache_server</c>.</summary>
    Topic = 2,

    /// <summary>Records for one partition: what a <c>cache_client</c> opens to a <c>cache_server</c>, and that to a <c>client</c>.</summary>
    Produce = 3,
}

/// <summary>Which way a merged stream carries records (config-kafka §2.5).</summary>
[Flags]
public enum KafkaCapabilities
{
    /// <summary>Neither; never sent.</summary>
    None = 0,

    /// <summary>The opener sends records.</summary>
    Produce = 1,

    /// <summary>The opener receives records.</summary>
    Fetch = 2,
}

/// <summary>When a produced record counts as written (config-kafka §2.5).</summary>
public enum KafkaAcks
{
    /// <summary>All in-sync replicas have it; the default.</summary>
    InSyncReplicas = -1,

    /// <summary>Written to the socket; nobody confirms.</summary>
    None = 0,

    /// <summary>The partition's leader has it.</summary>
    LeaderOnly = 1,
}

/// <summary>What a FLUSH of a kafka stream says.</summary>
public enum KafkaFlushKind
{
    /// <summary>Every partition reached what was there at open, with the progress vector; once per merged fetch stream.</summary>
    CaughtUp = 1,

    /// <summary>The oldest record not acknowledged yet is written: partition, offset and log append time.</summary>
    Acknowledged = 2,

    /// <summary>A topic's segments or its state moved: look again.</summary>
    Advanced = 3,
}

/// <summary>Offsets with a meaning of their own (config-kafka §2.5).</summary>
public static class KafkaOffsets
{
    /// <summary>Only what comes after now.</summary>
    public const long Live = -1;

    /// <summary>From the first record that the cache still has.</summary>
    public const long Historical = -2;
}

/// <summary>Kafka error codes that we make ourselves; the others pass through from the broker.</summary>
public static class KafkaErrors
{
    /// <summary>The server had an unexpected error.</summary>
    public const int Unknown = -1;

    /// <summary>The topic or partition does not exist.</summary>
    public const int UnknownTopicOrPartition = 3;

    /// <summary>The request took too long.</summary>
    public const int RequestTimedOut = 7;

    /// <summary>The record is larger than the topic takes.</summary>
    public const int MessageTooLarge = 10;

    /// <summary>Key, value and headers are larger than the topic's segment.</summary>
    public const int RecordListTooLarge = 18;

    /// <summary>Not allowed to use the topic.</summary>
    public const int TopicAuthorizationFailed = 29;

    /// <summary>A model refused the record.</summary>
    public const int InvalidRecord = 87;
}
