namespace Sluice.EmbeddedKafka.Groups;

/// <summary>From the shares as they are to the shares as they should be, one member at a time.</summary>
internal sealed partial class ConsumerGroup
{
    /// <summary>Looks at the store when it has changed: whether a topic the group reads appeared, went or grew.</summary>
    private bool TopicsChanged()
    {
        long version = store.Version;
        if (version == _storeVersion)
        {
            return false;
        }

        _storeVersion = version;
        var topics = Resolve();
        return topics.Count != _topics.Count || topics.Any(topic => !_topics.TryGetValue(topic.Key, out var known) || known != topic.Value);
    }

    private Dictionary<Guid, GroupTopic> Resolve()
    {
        var topics = new Dictionary<Guid, GroupTopic>();
        var read = _members.Values.Any(member => member.Pattern is not null)
            ? store.All.Where(topic => _members.Values.Any(member => member.Reads(topic.Name)))
            : _members.Values.SelectMany(member => member.Topics).Distinct().Select(name => store.Find(name)).OfType<Topics.Topic>();
        foreach (var topic in read)
        {
            topics[topic.Id] = new GroupTopic(topic.Name, topic.Id, topic.Partitions.Length);
        }

        return topics;
    }

    private void Rebalance()
    {
        Epoch++;
        _storeVersion = store.Version;
        _topics = Resolve();
        Assignor = _members.Values.Select(member => member.Assignor).Where(name => name is not null)
            .GroupBy(name => name).MaxBy(votes => votes.Count())?.Key ?? Assignors.Uniform;
        foreach (var (member, share) in Assignors.Assign(Assignor, _members.Values, _topics.Values))
        {
            member.Target = share;
        }
    }

    private void Reconcile(ConsumerMember member, HashSet<GroupPartition>? owned)
    {
        int epoch = member.Epoch;
        if (member.Revoking.Count > 0)
        {
            if (owned is null || owned.Overlaps(member.Revoking))
            {
                return; // Still letting go; nothing new until then.
            }

            member.Revoking = [];
            epoch++;
        }

        var revoking = member.Assigned.Where(partition => !member.Target.Contains(partition)).ToHashSet();
        if (revoking.Count > 0)
        {
            member.Assigned = [.. member.Assigned.Where(member.Target.Contains)];
            member.Revoking = revoking;
            member.RevokeBy = Now + member.RebalanceTimeoutMs;
            Enter(member, epoch);
            return;
        }

        member.RevokeBy = long.MaxValue;
        Enter(member, Epoch);
        if (member.Assigned.Count != member.Target.Count)
        {
            var held = _members.Values.Where(other => other != member).SelectMany(other => other.Assigned.Concat(other.Revoking)).ToHashSet();
            member.Assigned = [.. member.Target.Where(partition => !held.Contains(partition))];
        }
    }

    private static void Enter(ConsumerMember member, int epoch)
    {
        if (member.Epoch != epoch)
        {
            (member.FormerEpoch, member.Epoch) = (member.Epoch, epoch);
        }
    }
}
