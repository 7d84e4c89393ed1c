using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>ConsumerGroupDescribe: groups of the next-generation protocol with epochs, shares and targets. Spec: KIP-848.</summary>
internal sealed class ConsumerGroupDescribe() : Api(ApiKey.ConsumerGroupDescribe, 0, 1, flexibleFrom: 0)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var ids = reader.Strings();
        reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(ids.Count);
        foreach (string id in ids)
        {
            var group = request.Broker.Groups.FindConsumer(id)?.View();
            reply.Error(group is null ? ErrorCode.GroupIdNotFound : ErrorCode.None);
            reply.String(group is null ? $"Group '{id}' is not known as a group of the consumer protocol" : null);
            WriteGroup(reply, group ?? new ConsumerGroupView(id, "Dead", 0, "", []), request.Version);
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static void WriteGroup(WireWriter reply, ConsumerGroupView group, short version)
    {
        reply.String(group.Id);
        reply.String(group.State);
        reply.Int32(group.Epoch);
        reply.Int32(group.Epoch);
        reply.String(group.Assignor);
        reply.Array(group.Members.Count);
        foreach (var member in group.Members)
        {
            reply.String(member.Id);
            reply.String(member.InstanceId);
            reply.String(member.RackId);
            reply.Int32(member.Epoch);
            reply.String(member.ClientId);
            reply.String(member.Host);
            reply.Array(member.Topics.Count);
            member.Topics.ForEach(reply.String);
            reply.String(member.TopicRegex);
            WriteShare(reply, member.Assigned);
            WriteShare(reply, member.Target);
            if (version >= 1)
            {
                reply.Int8(1); // It speaks the consumer protocol.
            }

            reply.Tags();
        }

        reply.Int32(int.MinValue);
        reply.Tags();
    }

    private static void WriteShare(WireWriter reply, List<(GroupTopic Topic, List<int> Partitions)> share)
    {
        reply.Array(share.Count);
        foreach (var (topic, partitions) in share)
        {
            reply.Uuid(topic.Id);
            reply.String(topic.Name);
            reply.Array(partitions.Count);
            partitions.ForEach(reply.Int32);
            reply.Tags();
        }

        reply.Tags();
    }
}
