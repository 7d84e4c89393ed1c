using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>What the fetch thread needs of a Kafka consumer; tests put their own in its place.</summary>
/// <remarks>All but <see cref="DescribeAsync"/> and <see cref="EndsAsync"/> is called on the fetch thread only.</remarks>
internal interface IBrokerReader : IDisposable
{
    /// <summary>Starts to read partitions; <see cref="FetchStart"/> has the offsets with a meaning of their own.</summary>
    void Assign(string topic, IReadOnlyList<(int Partition, long Offset)> partitions);

    /// <summary>Stops reading the first partitions of a topic; those not assigned do not matter.</summary>
    void Unassign(string topic, int partitionCount);

    /// <summary>Waits for one event and tells it.</summary>
    /// <returns>False when none came in time.</returns>
    bool Poll(int timeoutMs, IFetchSink sink);

    /// <summary>One more than the last offset at the broker, as last heard; -1 when nothing was heard yet.</summary>
    long HighWatermark(string topic, int partition);

    /// <summary>Asks the broker for partitions and settings of a topic. Any thread; never creates the topic.</summary>
    Task<TopicDescription> DescribeAsync(string topic);

    /// <summary>Asks the broker where the partitions of a topic end now, in milliseconds rather than behind a long poll. Any thread.</summary>
    /// <returns>Offset behind the last record that readers may see, by partition; without those the broker does not tell.</returns>
    Task<IReadOnlyDictionary<int, long>> EndsAsync(string topic, int partitionCount);
}

/// <summary>Where to start a partition that is not cached yet.</summary>
internal static class FetchStart
{
    public const long Earliest = -2;
    public const long Latest = -1;
}

/// <summary>Hears what a consumer has to tell.</summary>
internal interface IFetchSink
{
    void OnRecord(string topic, int partition, in NewRecord record);

    /// <summary>All records up to here were told.</summary>
    void OnPartitionEnd(string topic, int partition, long nextOffset);

    /// <summary>A partition cannot be read now.</summary>
    void OnPartitionError(string topic, int partition, string reason);

    /// <summary>No broker can be reached.</summary>
    void OnBrokersLost(string reason);
}

/// <summary>How a look-up of a topic ended.</summary>
internal enum TopicLookup
{
    /// <summary>It exists.</summary>
    Found,

    /// <summary>The broker knows no such topic, or not all about it yet.</summary>
    Missing,

    /// <summary>The broker does not let us see it.</summary>
    Denied,

    /// <summary>No broker answered.</summary>
    Unreachable,
}

/// <summary>What the broker says of a topic (config-kafka §2.15).</summary>
internal sealed record TopicDescription(TopicLookup Lookup, string Reason = "")
{
    public int PartitionCount { get; init; }

    public bool IsCompacted { get; init; }

    /// <summary>Until the broker says otherwise, old records go (config-kafka §2.16, cache.cleanup.policy).</summary>
    public bool IsDeleted { get; init; } = true;

    public long RetentionMs { get; init; } = 604_800_000;

    public long SegmentMs { get; init; } = 604_800_000;

    public int MaxMessageBytes { get; init; } = 1_000_012;

    public double DirtyRatioMin { get; init; } = 0.5;
}
