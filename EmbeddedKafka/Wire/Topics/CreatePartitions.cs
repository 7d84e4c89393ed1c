using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>CreatePartitions: a topic may grow, never shrink.</summary>
internal sealed class CreatePartitions() : Api(ApiKey.CreatePartitions, 0, 3, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var wanted = new List<(string Name, int Count, int Assigned, bool Ours)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            string name = reader.String();
            int count = reader.Int32();
            int assigned = reader.Array(4);
            bool ours = true;
            for (int j = assigned; j > 0; j--)
            {
                int replicas = reader.Array(4);
                ours &= replicas == 1;
                for (; replicas > 0; replicas--)
                {
                    ours &= reader.Int32() == Broker.NodeId;
                }

                reader.Tags();
            }

            reader.Tags();
            wanted.Add((name, count, assigned, ours));
        }

        reader.Int32();
        bool validateOnly = reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(wanted.Count);
        foreach (var (name, count, assigned, ours) in wanted)
        {
            var topic = request.Broker.Topics.Find(name);
            var (error, message) = topic switch
            {
                { IsInternal: true } => (ErrorCode.InvalidTopic, $"Topic '{name}' belongs to the broker"),
                not null when !ours || (assigned >= 0 && assigned != count - topic.Partitions.Length) =>
                    (ErrorCode.InvalidReplicaAssignment, $"Each new partition has one replica, on broker {Broker.NodeId}"),
                _ => request.Broker.Topics.Widen(name, count, validateOnly),
            };
            reply.String(name);
            reply.Error(error);
            reply.String(message);
            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
