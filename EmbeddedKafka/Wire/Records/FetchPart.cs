using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>One partition of a fetch: what is asked for, and in a session also what was told last.</summary>
internal sealed class FetchPart(string name, Guid topicId, int partition, int leaderEpoch, long offset, int bytesMax)
{
    public (string Name, Guid TopicId, int Partition) Key { get; } = (name, topicId, partition);

    public string Name => Key.Name;

    public Guid TopicId => Key.TopicId;

    public int Partition => Key.Partition;

    public int LeaderEpoch { get; private set; } = leaderEpoch;

    public long Offset { get; private set; } = offset;

    public int BytesMax { get; private set; } = bytesMax;

    public PartitionLog? Log { get; set; }

    public ErrorCode Error { get; set; }

    /// <summary>Start, end and stable offset as the client last heard them.</summary>
    public (long Start, long End, long Stable) Told { get; set; } = (-1, -1, -1);

    public void Update(FetchPart other) => (LeaderEpoch, Offset, BytesMax) = (other.LeaderEpoch, other.Offset, other.BytesMax);

    /// <summary>Whether the client would learn anything: records, an error, or bounds that moved.</summary>
    public bool HasNews(bool readCommitted)
    {
        if (Error != ErrorCode.None || Log is not { } log)
        {
            return true;
        }

        long limit = readCommitted ? log.StableOffset : log.EndOffset;
        return Told != (log.StartOffset, log.EndOffset, log.StableOffset) || (Offset < limit && log.Available(Offset, limit, 1) > 0);
    }
}
