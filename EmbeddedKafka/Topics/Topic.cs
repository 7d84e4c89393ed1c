using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Topics;

/// <summary>A topic and its partitions. Replaced as a whole when its configuration or partition count changes.</summary>
internal sealed record Topic(string Name, Guid Id, TopicConfig Config, PartitionLog[] Partitions, bool IsInternal)
{
    public PartitionLog? Partition(int index) => (uint)index < (uint)Partitions.Length ? Partitions[index] : null;
}

/// <summary>What is kept of a topic in its folder.</summary>
internal sealed record TopicFile(string Name, Guid Id, int Partitions, Dictionary<string, string> Config)
{
    public const string FileName = "topic.json";
}
