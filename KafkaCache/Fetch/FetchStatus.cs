namespace Sluice.KafkaCache.Fetch;

/// <summary>What a cache waits for. Says it once when it begins and once when it is over; the health page asks any time. Any thread.</summary>
internal sealed class FetchStatus(string cache, string servers, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _topics = new(StringComparer.Ordinal);
    private string? _broker;

    public bool IsWaitingForBroker
    {
        get
        {
            lock (_lock)
            {
                return _broker is not null;
            }
        }
    }

    /// <summary>One line, or null when nothing is waited for.</summary>
    public string? Describe()
    {
        lock (_lock)
        {
            return _broker is not null ? $"waits for Kafka at {servers}: {_broker}"
                : _topics.Count > 0 ? $"waits for topic {string.Join(", ", _topics.Keys.Take(10))}{(_topics.Count > 10 ? " and more" : "")}"
                : null;
        }
    }

    public void WaitForBroker(string reason)
    {
        lock (_lock)
        {
            if (_broker is null)
            {
                FetchLog.WaitsForBroker(logger, cache, servers, reason);
            }

            _broker = reason;
        }
    }

    public void BrokerAnswers()
    {
        lock (_lock)
        {
            if (_broker is not null)
            {
                FetchLog.BrokerBack(logger, cache, servers);
            }

            _broker = null;
        }
    }

    public void WaitForTopic(string topic, string reason)
    {
        lock (_lock)
        {
            if (_topics.TryAdd(topic, reason))
            {
                FetchLog.WaitsForTopic(logger, cache, topic, reason);
            }
        }
    }

    /// <summary>The topic is there, or nobody wants it any more.</summary>
    public void StopWaiting(string topic)
    {
        lock (_lock)
        {
            _topics.Remove(topic);
        }
    }
}
