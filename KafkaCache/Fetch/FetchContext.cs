using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>What the topics of one cache share.</summary>
internal sealed record FetchContext(
    string Cache, IBrokerReader Reader, CacheDirectory Directory, TopicLimits Limits, FetchStatus Status, ILogger Logger);

/// <summary>What a cache_server was configured with (config-kafka §2.3).</summary>
/// <param name="Cache">Its qualified name, which names the cache.</param>
/// <param name="Bootstrap">Topics to cache from the start.</param>
/// <param name="LiveTopics">Topics whose <c>defaultOffset</c> is <c>live</c>, by exact name (config-kafka §2.4 rule 2).</param>
internal sealed record FetchSettings(string Cache, IReadOnlyList<string> Bootstrap, IReadOnlySet<string> LiveTopics)
{
    /// <summary>Topics of one cache at most, looked for ones included: each costs files, a look-up every few seconds and memory.</summary>
    public int TopicsMax { get; init; } = 2000;

    /// <summary>A topic that is not in the bootstrap list is forgotten this long after its last reader left, in milliseconds.</summary>
    public long IdleTopicMs { get; init; } = 600_000;

    /// <summary>The same for a topic that does not exist: clients may ask for any name.</summary>
    public long IdleMissingMs { get; init; } = 10_000;

    /// <summary>How often a topic that is there is looked at for new partitions and settings, in milliseconds.</summary>
    public int LookMs { get; init; } = 60_000;

    /// <summary>How often a topic that is not there is looked for at first, in milliseconds; doubling.</summary>
    public int LookForMsMin { get; init; } = 200;

    /// <summary>How often at last, in milliseconds.</summary>
    public int LookForMsMax { get; init; } = 2000;

    /// <summary>How often segments are looked at for what may go, in milliseconds.</summary>
    public int HouseMs { get; init; } = 5000;
}

/// <summary>Asks the broker where the partitions of a topic end; the answer comes on the fetch thread, without those that it did not tell.</summary>
internal delegate void AskEnds(string topic, int partitionCount, Action<IReadOnlyDictionary<int, long>> answer);
