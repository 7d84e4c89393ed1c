using System.Globalization;

namespace Sluice.EmbeddedKafka.Topics;

/// <summary>A topic's settings, ready to use. Immutable: a change makes a new one.</summary>
internal sealed class TopicConfig
{
    public static readonly TopicConfig Default = new(new Dictionary<string, string>());

    private TopicConfig(IReadOnlyDictionary<string, string> values)
    {
        Set = values;
        string[] policies = Text("cleanup.policy").Split(',', StringSplitOptions.TrimEntries);
        IsCompacted = policies.Contains("compact");
        IsDeleted = policies.Contains("delete");
        IsLogAppendTime = Text("message.timestamp.type") == "LogAppendTime";
        SyncEveryBatch = Number("flush.messages") == 1;
        MaxMessageBytes = Number("max.message.bytes");
        SegmentBytes = Number("segment.bytes");
        SegmentMs = Number("segment.ms");
        RetentionMs = Number("retention.ms");
        RetentionBytes = Number("retention.bytes");
        DeleteRetentionMs = Number("delete.retention.ms");
        MinCompactionLagMs = Number("min.compaction.lag.ms");
        MaxCompactionLagMs = Number("max.compaction.lag.ms");
        MinCleanableDirtyRatio = double.Parse(Text("min.cleanable.dirty.ratio"), CultureInfo.InvariantCulture);
    }

    /// <summary>What was set, without defaults.</summary>
    public IReadOnlyDictionary<string, string> Set { get; }

    public bool IsCompacted { get; }

    public bool IsDeleted { get; }

    public bool IsLogAppendTime { get; }

    public bool SyncEveryBatch { get; }

    public long MaxMessageBytes { get; }

    public long SegmentBytes { get; }

    public long SegmentMs { get; }

    public long RetentionMs { get; }

    public long RetentionBytes { get; }

    public long DeleteRetentionMs { get; }

    public long MinCompactionLagMs { get; }

    public long MaxCompactionLagMs { get; }

    public double MinCleanableDirtyRatio { get; }

    /// <summary>The configuration, or a sentence about the first value that cannot be.</summary>
    public static (TopicConfig? Config, string? Refusal) Parse(IReadOnlyDictionary<string, string> values)
    {
        foreach (var (name, value) in values)
        {
            var definition = ConfigDefinitions.Find(name);
            string? refusal = definition is null ? $"Unknown topic config name: {name}" : definition.Refusal(value);
            if (refusal is not null)
            {
                return (null, refusal);
            }
        }

        return (new TopicConfig(new Dictionary<string, string>(values)), null);
    }

    public string Text(string name) => Set.TryGetValue(name, out string? value) ? value : ConfigDefinitions.Find(name)!.Default;

    private long Number(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);
}
