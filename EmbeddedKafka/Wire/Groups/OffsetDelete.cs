namespace Sluice.EmbeddedKafka.Wire;

/// <summary>OffsetDelete: forgets offsets of topics that no member of the group reads any more.</summary>
internal sealed class OffsetDelete() : Api(ApiKey.OffsetDelete, 0, 0, flexibleFrom: short.MaxValue)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string group = reader.String();
        var topics = new List<(string Name, List<int> Partitions)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Partitions: new List<int>());
            for (int j = reader.Array(4); j > 0; j--)
            {
                topic.Partitions.Add(reader.Int32());
            }

            topics.Add(topic);
        }

        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var groups = request.Broker.Groups;
        var found = groups.FindAny(group);
        var read = found?.Subscribed() ?? [];
        var error = found is null && !groups.Offsets.Has(group) ? ErrorCode.GroupIdNotFound : ErrorCode.None;
        if (error == ErrorCode.None)
        {
            var forget = topics.Where(t => !read.Contains(t.Name)).SelectMany(t => t.Partitions.Select(p => (t.Name, p)));
            error = groups.Offsets.Forget(group, [.. forget]);
        }

        reply.Error(error);
        reply.Int32(0);
        reply.Array(error == ErrorCode.None ? topics.Count : 0);
        foreach (var (name, partitions) in error == ErrorCode.None ? topics : [])
        {
            reply.String(name);
            reply.Array(partitions.Count);
            foreach (int partition in partitions)
            {
                reply.Int32(partition);
                reply.Error(read.Contains(name) ? ErrorCode.GroupSubscribedToTopic : ErrorCode.None);
            }
        }

        return new(Outcome.Reply);
    }
}
