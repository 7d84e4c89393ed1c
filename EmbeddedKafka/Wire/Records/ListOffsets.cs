using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>ListOffsets: the start, the end, or the offset of a time.</summary>
internal sealed class ListOffsets() : Api(ApiKey.ListOffsets, 1, 10, flexibleFrom: 6)
{
    private const long Latest = -1, Earliest = -2, MaxTimestamp = -3, EarliestLocal = -4, LatestTiered = -5;

    private readonly record struct Part(int Partition, int LeaderEpoch, long Timestamp);

    private readonly record struct Answer(ErrorCode Error, long Timestamp, long Offset);

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        reader.Int32();
        bool committed = version >= 2 && reader.Int8() == 1;
        var topics = new List<(string Name, List<Part> Parts)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Parts: new List<Part>());
            for (int j = reader.Array(12); j > 0; j--)
            {
                topic.Parts.Add(new Part(reader.Int32(), version >= 4 ? reader.Int32() : -1, reader.Int64()));
                reader.Tags();
            }

            reader.Tags();
            topics.Add(topic);
        }

        if (version >= 10)
        {
            reader.Int32();
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        if (version >= 2)
        {
            reply.Int32(0);
        }

        reply.Array(topics.Count);
        foreach (var (name, parts) in topics)
        {
            reply.String(name);
            reply.Array(parts.Count);
            foreach (var part in parts)
            {
                Write(reply, version, part, Find(request.Broker.Topics.Find(name, part.Partition), part, committed));
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static Answer Find(PartitionLog? log, Part part, bool committed)
    {
        if (log is null)
        {
            return new(ErrorCode.UnknownTopicOrPartition, -1, -1);
        }

        if (part.LeaderEpoch > 0)
        {
            return new(ErrorCode.UnknownLeaderEpoch, -1, -1);
        }

        switch (part.Timestamp)
        {
            case Latest:
                return new(ErrorCode.None, -1, committed ? log.StableOffset : log.EndOffset);
            case Earliest or EarliestLocal:
                return new(ErrorCode.None, -1, log.StartOffset);
            case LatestTiered:
                return new(ErrorCode.None, -1, -1);
            case < LatestTiered:
                return new(ErrorCode.UnsupportedVersion, -1, -1);
        }

        var found = part.Timestamp == MaxTimestamp ? log.FindMaxTime() : log.FindByTime(part.Timestamp);
        return found is not { } hit || hit.Offset >= (committed ? log.StableOffset : log.EndOffset)
            ? new(ErrorCode.None, -1, -1)
            : new(ErrorCode.None, hit.Timestamp, hit.Offset);
    }

    private static void Write(WireWriter reply, short version, Part part, Answer answer)
    {
        reply.Int32(part.Partition);
        reply.Error(answer.Error);
        reply.Int64(answer.Timestamp);
        reply.Int64(answer.Offset);
        if (version >= 4)
        {
            reply.Int32(answer.Offset < 0 ? -1 : 0);
        }

        reply.Tags();
    }
}
