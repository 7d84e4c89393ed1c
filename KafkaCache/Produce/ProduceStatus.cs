namespace Sluice.KafkaCache.Produce;

/// <summary>Whether a kafka client reaches its brokers, said once each way. Any thread.</summary>
internal sealed class ProduceStatus(string client, string servers, ProduceSettings settings, ILogger logger)
{
    private string? _lost;

    /// <summary>One line, or null when nothing is wrong.</summary>
    public string? Describe() => Volatile.Read(ref _lost) is string reason ? $"cannot reach Kafka at {servers}: {reason}" : null;

    public void BrokersLost(string reason)
    {
        if (Interlocked.Exchange(ref _lost, reason) is null)
        {
            ProduceLog.BrokersLost(logger, client, servers, reason, settings.TimeoutMs);
        }
    }

    public void BrokersAnswer()
    {
        if (Volatile.Read(ref _lost) is not null && Interlocked.Exchange(ref _lost, null) is not null)
        {
            ProduceLog.BrokersBack(logger, client, servers);
        }
    }
}
