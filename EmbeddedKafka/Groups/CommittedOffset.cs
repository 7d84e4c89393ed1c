namespace Sluice.EmbeddedKafka.Groups;

/// <summary>How far a group has read one partition.</summary>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommittedAtMs);

/// <summary>One offset a group asks to commit.</summary>
internal sealed record OffsetToCommit(string Topic, int Partition, long Offset, int LeaderEpoch, string? Metadata);
