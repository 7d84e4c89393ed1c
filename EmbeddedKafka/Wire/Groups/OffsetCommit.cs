using System.Text;
using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>OffsetCommit: durable in the offsets topic before it is answered.</summary>
internal sealed class OffsetCommit() : Api(ApiKey.OffsetCommit, 2, 9, flexibleFrom: 8)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        string group = reader.String();
        int generation = reader.Int32();
        string memberId = reader.String();
        string? instanceId = version >= 7 ? reader.NullableString() : null;
        if (version <= 4)
        {
            reader.Int64();
        }

        var topics = ReadTopics(ref reader, hasLeaderEpoch: version >= 6);
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var broker = request.Broker;
        var error = group.Length == 0 ? ErrorCode.InvalidGroupId : Admission(broker, group, memberId, instanceId, generation, version);
        var sound = topics.SelectMany(topic => topic.Parts).Where(part => Check(broker, part) == ErrorCode.None).ToList();
        if (error == ErrorCode.None)
        {
            error = broker.Groups.Offsets.Commit(group, sound);
        }

        Write(reply, version >= 3, topics, part => error != ErrorCode.None ? error : Check(broker, part));
        return new(Outcome.Reply);
    }

    private static ErrorCode Admission(Broker broker, string group, string memberId, string? instanceId, int generation, short version) =>
        // Before version 9 a client does not know member epochs and what a refused one means.
        version < 9 && memberId.Length > 0 && broker.Groups.FindConsumer(group) is { IsEmpty: false }
            ? ErrorCode.UnsupportedVersion
            : broker.Groups.MayCommit(group, memberId, instanceId, generation, knowsEpochs: version >= 9);

    /// <summary>The rest of a request: topics, their partitions with offsets, and the last tags.</summary>
    public static List<(string Name, List<OffsetToCommit> Parts)> ReadTopics(ref WireReader reader, bool hasLeaderEpoch)
    {
        var topics = new List<(string Name, List<OffsetToCommit> Parts)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Parts: new List<OffsetToCommit>());
            for (int j = reader.Array(13); j > 0; j--)
            {
                topic.Parts.Add(new OffsetToCommit(
                    topic.Name, reader.Int32(), reader.Int64(), hasLeaderEpoch ? reader.Int32() : -1, reader.NullableString()));
                reader.Tags();
            }

            reader.Tags();
            topics.Add(topic);
        }

        reader.Tags();
        return topics;
    }

    public static ErrorCode Check(Broker broker, OffsetToCommit part)
    {
        if (broker.Topics.Find(part.Topic, part.Partition) is null)
        {
            return ErrorCode.UnknownTopicOrPartition;
        }

        return Encoding.UTF8.GetByteCount(part.Metadata ?? "") > OffsetStore.MetadataBytesMax ? ErrorCode.OffsetMetadataTooLarge : ErrorCode.None;
    }

    public static void Write(
        WireWriter reply, bool throttle, List<(string Name, List<OffsetToCommit> Parts)> topics, Func<OffsetToCommit, ErrorCode> verdict)
    {
        if (throttle)
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
                reply.Int32(part.Partition);
                reply.Error(verdict(part));
                reply.Tags();
            }

            reply.Tags();
        }

        reply.Tags();
    }
}
