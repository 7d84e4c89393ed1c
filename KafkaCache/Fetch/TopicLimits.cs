using System.Collections.Concurrent;

namespace Sluice.KafkaCache.Fetch;

/// <summary>What is known of topics' limits, so that a record that cannot be taken is refused before it travels. Any thread.</summary>
public sealed class TopicLimits
{
    private readonly ConcurrentDictionary<string, int> _maxMessageBytes = new(StringComparer.Ordinal);

    /// <summary>The topic's <c>max.message.bytes</c>, or <see cref="int.MaxValue"/> as long as it is not known.</summary>
    public int MaxMessageBytes(string topic) => _maxMessageBytes.GetValueOrDefault(topic, int.MaxValue);

    internal void Note(string topic, TopicDescription description) => _maxMessageBytes[topic] = description.MaxMessageBytes;

    internal void Forget(string topic) => _maxMessageBytes.TryRemove(topic, out _);
}
