namespace Sluice.KafkaCache.Segments;

/// <summary>Where each field of a topic's state file lies. Little endian.</summary>
/// <remarks>
/// <code>
///    0 magic i64 | 8 version i32 | 12 partition slots i32 | 16 epoch i64 | 24 writer process i32 | 28 topic bytes i32 | 32 hash seed i64
///   64 retired i32 | 68 compacted i32 | 72 partition count i32 | 76 zero | 80 changes i64 (one more with every change of files or counts)
///   88 siblings i64 (the epoch, and one more with every other run that begins to keep the topic; that run adds it)
///  128 topic, UTF-8
///  512 partition slots of 128 bytes, two cache lines each:
///        0 next offset to cache i64 | 8 first offset i64 | 16 list generation i32 | 20 index generation i32
///       64 latest offset i64 (raised by fetches and by acknowledged produces, of other runs too)
/// </code>
/// Beside it: <c>p0-3.log</c> (partition 0, segment 3), <c>p0-2.list</c> (segments in order, generation 2), <c>p0-1.keys</c> (key index).
/// </remarks>
internal static class TopicLayout
{
    public const string FileName = "topic.state";
    public const long Magic = 0x31_54_41_54_53_43_4c_53; // "SLCSTAT1"
    public const int Version = 1;

    public const int MagicAt = 0;
    public const int VersionAt = 8;
    public const int SlotsAt = 12;
    public const int EpochAt = 16;
    public const int WriterAt = 24;
    public const int TopicBytesAt = 28;
    public const int SeedAt = 32;
    public const int RetiredAt = 64;
    public const int CompactedAt = 68;
    public const int PartitionCountAt = 72;
    public const int ChangesAt = 80;
    public const int SiblingsAt = 88;
    public const int TopicAt = 128;

    public const int PartitionsAt = 512;
    public const int PartitionBytes = 128;
    public const int NextOffset = 0;
    public const int FirstOffset = 8;
    public const int ListGeneration = 16;
    public const int IndexGeneration = 20;
    public const int LatestOffset = 64;

    public static long FileBytes(int slots) => PartitionsAt + ((long)slots * PartitionBytes);

    public static string SegmentPath(string directory, int partition, int id) => Path.Combine(directory, $"p{partition}-{id}.log");

    public static string ListPath(string directory, int partition, int generation) => Path.Combine(directory, $"p{partition}-{generation}.list");

    public static string IndexPath(string directory, int partition, int generation) => Path.Combine(directory, $"p{partition}-{generation}.keys");
}
