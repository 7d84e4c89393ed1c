using static Sluice.EmbeddedKafka.Topics.ConfigType;

namespace Sluice.EmbeddedKafka.Topics;

/// <summary>The settings of a topic, in the words of Apache Kafka. Spec: kafka.apache.org/documentation, "Topic Configs".</summary>
internal static class ConfigDefinitions
{
    /// <summary>100 MiB, what a request may hold at most, is also the ceiling of max.message.bytes.</summary>
    private const int LargestMessageBytes = 100 * 1024 * 1024;

    public static readonly ConfigDefinition[] Topic =
    [
        new("cleanup.policy", "delete", List, "What happens to old records: delete, compact, or both", Words: ["delete", "compact"]),
        new("compression.type", "producer", ConfigType.String, "Batches are kept as the producer sent them", Words: ["producer"]),
        new("delete.retention.ms", "86400000", Long, "How long a tombstone outlives its first compaction, in ms", 0),
        new("max.compaction.lag.ms", "9223372036854775807", Long, "After this age, in ms, a record is compacted however little is dirty", 1),
        new("max.message.bytes", "1048588", Int, "The largest record batch accepted, in bytes", 0, LargestMessageBytes),
        new("message.timestamp.type", "CreateTime", ConfigType.String, "Whose time a record carries", Words: ["CreateTime", "LogAppendTime"]),
        new("min.cleanable.dirty.ratio", "0.5", ConfigType.Double, "Share of uncompacted bytes that starts a compaction", 0, 1),
        new("min.compaction.lag.ms", "0", Long, "Records younger than this, in ms, are not compacted", 0),
        new("min.insync.replicas", "1", Int, "There is one replica", 1, 1),
        new("retention.bytes", "-1", Long, "Bytes a partition keeps under the delete policy, -1 for no bound", -1),
        new("retention.ms", "604800000", Long, "Age, in ms, up to which records are kept under the delete policy, -1 for ever", -1),
        new("segment.bytes", "268435456", Int, "Size of a segment file, in bytes", 14, 1L << 30),
        new("segment.ms", "604800000", Long, "Age, in ms, after which a segment is closed", 1),
        new("flush.messages", "9223372036854775807", Long, "1 puts every batch on the disk before it is acknowledged", 1),

        // Accepted because scripts set them; on one node with this log they change nothing a client could see.
        new("flush.ms", "9223372036854775807", Long, "The broker flushes at least once a second", 0),
        new("file.delete.delay.ms", "60000", Long, "Files are removed at once", 0),
        new("index.interval.bytes", "4096", Int, "The index has its own interval", 0),
        new("segment.index.bytes", "10485760", Int, "The index grows with its segment", 4),
        new("segment.jitter.ms", "0", Long, "Segments roll on their own time", 0),
        new("preallocate", "false", ConfigType.Boolean, "Files grow as they are written"),
        new("unclean.leader.election.enable", "false", ConfigType.Boolean, "There is one replica"),
    ];

    public static ConfigDefinition? Find(string name) => System.Array.Find(Topic, definition => definition.Name == name);
}
