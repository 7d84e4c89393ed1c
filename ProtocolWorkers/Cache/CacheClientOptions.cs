using Sluice.Configuration.Graph;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>What a <c>kafka cache_client</c> is configured with (config-kafka §2.4).</summary>
/// <param name="Id">The binding.</param>
/// <param name="ExitId">Its <c>cache_server</c>.</param>
public sealed record CacheClientOptions(long Id, long ExitId)
{
    /// <summary>
    /// How long a topic stays open after its last stream, in milliseconds: 30 s as config-kafka §2.16 <c>cache.client.cleanup.delay</c>,
    /// so that the next request finds it ready.
    /// </summary>
    public int LingerMs { get; init; } = 30_000;

    /// <summary>First pause before a lost topic is opened again, in milliseconds; it doubles up to <see cref="RetryMsMax"/>.</summary>
    public int RetryMsMin { get; init; } = 50;

    /// <summary>Longest pause before a lost topic is opened again, in milliseconds.</summary>
    public int RetryMsMax { get; init; } = 1000;

    /// <summary>
    /// How long requests wait for a cache that is gone, in milliseconds: 5 s, in which a killed one is back (promise P7). From then on
    /// they are refused at once, until it is.
    /// </summary>
    public int PatienceMs { get; init; } = 5000;

    /// <summary>
    /// Most topics open at once on one engine: each costs a stream and mapped files, and a route may take its topic from the request.
    /// </summary>
    public int TopicsMax { get; init; } = 4096;

    /// <summary>Reads a validated binding.</summary>
    /// <param name="binding">Of type kafka, kind cache_client.</param>
    public static CacheClientOptions Read(BindingConfiguration binding) => new(binding.Id, binding.Exit?.Id ?? 0);
}
