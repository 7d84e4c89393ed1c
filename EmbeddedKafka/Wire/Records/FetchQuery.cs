using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>What a fetch asks for.</summary>
internal sealed class FetchQuery
{
    public int MaxWaitMs { get; private set; }

    public int MinBytes { get; private set; }

    public int MaxBytes { get; private set; }

    public bool ReadCommitted { get; private set; }

    public int SessionId { get; private set; }

    /// <summary>-1 no session, 0 a new one, otherwise the next of an open one.</summary>
    public int SessionEpoch { get; private set; } = -1;

    public List<FetchPart> Parts { get; set; } = [];

    public List<(string Name, Guid TopicId, int Partition)> Forgotten { get; } = [];

    public static FetchQuery? Read(Request request)
    {
        var reader = request.Reader();
        short version = request.Version;
        var query = new FetchQuery();
        if (version <= 14)
        {
            reader.Int32();
        }

        query.MaxWaitMs = reader.Int32();
        query.MinBytes = reader.Int32();
        query.MaxBytes = Math.Min(reader.Int32(), Fetch.AnswerBytesMax);
        query.ReadCommitted = reader.Int8() == 1;
        if (version >= 7)
        {
            query.SessionId = reader.Int32();
            query.SessionEpoch = reader.Int32();
        }

        for (int i = reader.Array(6); i > 0; i--)
        {
            query.ReadTopic(ref reader, version);
        }

        if (version >= 7)
        {
            query.ReadForgotten(ref reader, version);
        }

        if (version >= 11)
        {
            reader.String();
        }

        reader.Tags();
        return reader.Failed ? null : query;
    }

    public void Resolve(TopicStore topics)
    {
        foreach (var part in Parts)
        {
            var topic = part.TopicId == Guid.Empty ? topics.Find(part.Name) : topics.Find(part.TopicId);
            part.Log = topic?.Partition(part.Partition);
            part.Error = part.Log switch
            {
                null when topic is null && part.TopicId != Guid.Empty => ErrorCode.UnknownTopicId,
                null => ErrorCode.UnknownTopicOrPartition,
                _ when part.LeaderEpoch > 0 => ErrorCode.UnknownLeaderEpoch,
                _ when part.Offset < part.Log.StartOffset || part.Offset > part.Log.EndOffset => ErrorCode.OffsetOutOfRange,
                _ => ErrorCode.None,
            };
        }
    }

    /// <summary>Whether the fetch can be answered now: enough bytes, or something to complain about.</summary>
    public bool IsReady()
    {
        long bytes = 0;
        foreach (var part in Parts)
        {
            if (part.Error != ErrorCode.None)
            {
                return true;
            }

            bytes += Math.Min(part.Log!.Available(part.Offset, LimitOf(part.Log), MinBytes), part.BytesMax);
            if (bytes >= Math.Min(MinBytes, MaxBytes))
            {
                return true;
            }
        }

        return bytes >= MinBytes;
    }

    public long LimitOf(PartitionLog log) => ReadCommitted ? log.StableOffset : log.EndOffset;

    public void Register(Waiter waiter) => Parts.ForEach(part => part.Log?.Waiters.Add(waiter));

    public void Unregister(Waiter waiter) => Parts.ForEach(part => part.Log?.Waiters.Remove(waiter));

    private void ReadTopic(ref WireReader reader, short version)
    {
        string name = version <= 12 ? reader.String() : "";
        var id = version >= 13 ? reader.Uuid() : Guid.Empty;
        for (int i = reader.Array(16); i > 0; i--)
        {
            int partition = reader.Int32();
            int leaderEpoch = version >= 9 ? reader.Int32() : -1;
            long offset = reader.Int64();
            if (version >= 12)
            {
                reader.Int32();
            }

            if (version >= 5)
            {
                reader.Int64();
            }

            Parts.Add(new FetchPart(name, id, partition, leaderEpoch, offset, reader.Int32()));
            reader.Tags();
        }

        reader.Tags();
    }

    private void ReadForgotten(ref WireReader reader, short version)
    {
        for (int i = reader.Array(6); i > 0; i--)
        {
            string name = version <= 12 ? reader.String() : "";
            var id = version >= 13 ? reader.Uuid() : Guid.Empty;
            for (int j = reader.Array(4); j > 0; j--)
            {
                Forgotten.Add((name, id, reader.Int32()));
            }

            reader.Tags();
        }
    }
}
