using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka;

/// <summary>A topic that exists from the start.</summary>
/// <param name="Name">1 to 249 letters, digits, dots, underscores and dashes.</param>
/// <param name="Partitions">Null for the broker's default. A topic that exists with fewer gets more; one with more keeps them.</param>
/// <param name="Config">Settings in the words of Apache Kafka, such as <c>cleanup.policy</c>.</param>
public sealed record TopicSpec(string Name, int? Partitions = null, IReadOnlyDictionary<string, string>? Config = null)
{
    /// <summary>Reads <c>name[:partitions[:k=v[;k=v]]]</c>; throws <see cref="FormatException"/> with one sentence.</summary>
    public static TopicSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 3);
        int? partitions = null;
        if (parts.Length > 1 && parts[1].Length > 0)
        {
            partitions = int.TryParse(parts[1], out int count) && count > 0
                ? count
                : throw new FormatException($"topic '{text}': '{parts[1]}' is no number of partitions; write name:partitions:key=value;key=value");
        }

        var config = new Dictionary<string, string>();
        foreach (string pair in parts.Length > 2 ? parts[2].Split(';', StringSplitOptions.RemoveEmptyEntries) : [])
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new FormatException($"topic '{text}': '{pair}' is no key=value; write name:partitions:key=value;key=value");
            }

            config[pair[..equals].Trim()] = pair[(equals + 1)..].Trim();
        }

        var spec = new TopicSpec(parts[0], partitions, config);
        return spec.Refusal() is { } refusal ? throw new FormatException($"topic '{text}': {refusal}") : spec;
    }

    internal string? Refusal() =>
        TopicName.Refusal(Name) ?? TopicConfig.Parse(Config ?? new Dictionary<string, string>()).Refusal;

    internal void Apply(TopicStore topics, int defaultPartitions)
    {
        var config = Config ?? new Dictionary<string, string>();
        var existing = topics.Find(Name);
        if (existing is null)
        {
            var (_, error, message) = topics.Create(Name, Partitions ?? defaultPartitions, config);
            if (error != ErrorCode.None)
            {
                throw ServiceStartException.Configuration($"topic {Name} cannot be created: {message}");
            }

            return;
        }

        if (Partitions > existing.Partitions.Length)
        {
            topics.Widen(Name, Partitions.Value, dryRun: false);
        }

        if (config.Any(pair => existing.Config.Text(pair.Key) != pair.Value))
        {
            var merged = new Dictionary<string, string>(existing.Config.Set);
            foreach (var (key, value) in config)
            {
                merged[key] = value;
            }

            topics.Configure(Name, merged);
        }
    }
}
