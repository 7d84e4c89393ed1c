using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>What others may see of the group.</summary>
internal sealed partial class ConsumerGroup
{
    /// <summary>The group for DescribeGroups and ListGroups: shares are shown as classic members would hold them.</summary>
    public GroupDescription Describe()
    {
        lock (_gate)
        {
            return new GroupDescription(
                Id, State(), "consumer", Assignor,
                [.. _members.Values.Select(m => new MemberDescription(m.Id, m.InstanceId, m.ClientId, m.Host, Subscription(m), Assignment(m)))],
                "consumer");
        }
    }

    /// <summary>The group for ConsumerGroupDescribe; copies, so that it can be written without the lock.</summary>
    public ConsumerGroupView View()
    {
        lock (_gate)
        {
            return new ConsumerGroupView(Id, State(), Epoch, Assignor, [.. _members.Values.Select(m => new ConsumerMemberView(
                m.Id, m.InstanceId, m.RackId, m.Epoch, m.ClientId, m.Host, [.. m.Topics], m.TopicRegex, ByTopic(m.Assigned), ByTopic(m.Target)))]);
        }
    }

    private string State() =>
        _dead ? "Dead" :
        _members.Count == 0 ? "Empty" :
        _members.Values.All(m => m.IsAway || (m.Epoch == Epoch && m.Revoking.Count == 0 && m.Assigned.SetEquals(m.Target))) ? "Stable" : "Reconciling";

    private List<(GroupTopic Topic, List<int> Partitions)> ByTopic(HashSet<GroupPartition> partitions) =>
    [
        .. partitions.GroupBy(p => p.TopicId).Where(topic => _topics.ContainsKey(topic.Key))
            .Select(topic => (_topics[topic.Key], topic.Select(p => p.Partition).Order().ToList())),
    ];

    private byte[] Subscription(ConsumerMember member)
    {
        // version i16 | topics | user data
        using var writer = new WireWriter();
        var topics = _topics.Values.Where(topic => member.Reads(topic.Name)).ToList();
        writer.Int16(0);
        writer.Array(topics.Count);
        topics.ForEach(topic => writer.String(topic.Name));
        writer.NullBytes();
        return writer.Written.ToArray();
    }

    private byte[] Assignment(ConsumerMember member)
    {
        // version i16 | topics of (name, partitions) | user data
        using var writer = new WireWriter();
        var topics = ByTopic(member.Assigned);
        writer.Int16(0);
        writer.Array(topics.Count);
        foreach (var (topic, partitions) in topics)
        {
            writer.String(topic.Name);
            writer.Array(partitions.Count);
            partitions.ForEach(writer.Int32);
        }

        writer.NullBytes();
        return writer.Written.ToArray();
    }
}

internal sealed record ConsumerGroupView(string Id, string State, int Epoch, string Assignor, List<ConsumerMemberView> Members);

internal sealed record ConsumerMemberView(
    string Id, string? InstanceId, string? RackId, int Epoch, string ClientId, string Host, List<string> Topics, string? TopicRegex,
    List<(GroupTopic Topic, List<int> Partitions)> Assigned, List<(GroupTopic Topic, List<int> Partitions)> Target);
