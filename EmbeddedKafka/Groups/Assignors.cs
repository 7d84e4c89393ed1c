namespace Sluice.EmbeddedKafka.Groups;

/// <summary>A topic that somebody in the group reads.</summary>
internal sealed record GroupTopic(string Name, Guid Id, int Partitions);

/// <summary>Shares the partitions of a group out on the side of the broker. Pure functions over the members.</summary>
internal static class Assignors
{
    public const string Uniform = "uniform";

    public const string Range = "range";

    public static bool Knows(string name) => name is Uniform or Range;

    public static Dictionary<ConsumerMember, HashSet<GroupPartition>> Assign(
        string name, IReadOnlyCollection<ConsumerMember> members, IReadOnlyCollection<GroupTopic> topics)
    {
        var shares = members.ToDictionary(member => member, _ => new HashSet<GroupPartition>());
        // The order is the same every time, so that the same group gets the same shares.
        var readers = members.OrderBy(member => member.InstanceId ?? member.Id, StringComparer.Ordinal).ToList();
        var parts = topics.OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .Select(topic => (Topic: topic, Readers: readers.FindAll(member => member.Reads(topic.Name))))
            .Where(part => part.Readers.Count > 0).ToList();
        if (name == Range)
        {
            parts.ForEach(part => AssignRange(part.Topic, part.Readers, shares));
        }
        else
        {
            AssignUniform(parts, shares);
        }

        return shares;
    }

    // Neighbouring partitions go to the same member, and partition N of two topics to the same one too.
    private static void AssignRange(GroupTopic topic, List<ConsumerMember> readers, Dictionary<ConsumerMember, HashSet<GroupPartition>> shares)
    {
        for (int i = 0; i < readers.Count; i++)
        {
            int each = topic.Partitions / readers.Count;
            int extra = topic.Partitions % readers.Count;
            int from = (i * each) + Math.Min(i, extra);
            int count = each + (i < extra ? 1 : 0);
            shares[readers[i]].UnionWith(Enumerable.Range(from, count).Select(p => new GroupPartition(topic.Id, p)));
        }
    }

    // As even as the subscriptions allow, and what somebody has stays where it is unless that is uneven.
    private static void AssignUniform(
        List<(GroupTopic Topic, List<ConsumerMember> Readers)> parts, Dictionary<ConsumerMember, HashSet<GroupPartition>> shares)
    {
        var owners = new Dictionary<GroupPartition, ConsumerMember>();
        foreach (var (topic, readers) in parts)
        {
            foreach (var reader in readers)
            {
                foreach (var kept in reader.Target.Where(p => p.TopicId == topic.Id && p.Partition < topic.Partitions))
                {
                    if (owners.TryAdd(kept, reader))
                    {
                        shares[reader].Add(kept);
                    }
                }
            }
        }

        foreach (var (topic, readers) in parts)
        {
            for (int p = 0; p < topic.Partitions; p++)
            {
                var partition = new GroupPartition(topic.Id, p);
                if (!owners.ContainsKey(partition))
                {
                    var least = readers.MinBy(reader => shares[reader].Count)!;
                    owners[partition] = least;
                    shares[least].Add(partition);
                }
            }
        }

        // Each move makes the sum of the squares smaller, so this ends.
        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (var (topic, readers) in parts)
            {
                var least = readers.MinBy(reader => shares[reader].Count)!;
                for (int p = topic.Partitions - 1; p >= 0; p--)
                {
                    var partition = new GroupPartition(topic.Id, p);
                    var owner = owners[partition];
                    if (shares[owner].Count > shares[least].Count + 1)
                    {
                        shares[owner].Remove(partition);
                        shares[least].Add(partition);
                        owners[partition] = least;
                        least = readers.MinBy(reader => shares[reader].Count)!;
                        moved = true;
                    }
                }
            }
        }
    }
}
