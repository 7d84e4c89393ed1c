using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>CreateTopics: durable once answered. One replica is all there is.</summary>
internal sealed class CreateTopics() : Api(ApiKey.CreateTopics, 2, 7, flexibleFrom: 5)
{
    private sealed record Wanted(string Name, int Partitions, short Replicas, List<int> Assigned, Dictionary<string, string> Config)
    {
        public ErrorCode AssignmentError { get; set; }
    }

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        var wanted = new List<Wanted>();
        for (int i = reader.Array(8); i > 0; i--)
        {
            wanted.Add(ReadTopic(ref reader));
        }

        reader.Int32();
        bool validateOnly = reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var names = wanted.CountBy(topic => topic.Name).ToDictionary();
        reply.Int32(0);
        reply.Array(wanted.Count);
        foreach (var topic in wanted)
        {
            var (created, error, message) = names[topic.Name] > 1
                ? (null, ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is named twice in the request")
                : Create(request.Broker, topic, validateOnly);
            reply.String(topic.Name);
            if (version >= 7)
            {
                reply.Uuid(error == ErrorCode.None ? created?.Id ?? Guid.Empty : Guid.Empty);
            }

            reply.Error(error);
            reply.String(message);
            if (version >= 5)
            {
                WriteDetails(reply, error == ErrorCode.None ? created : null);
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static Wanted ReadTopic(ref WireReader reader)
    {
        var topic = new Wanted(reader.String(), reader.Int32(), reader.Int16(), [], []);
        for (int i = reader.Array(8); i > 0; i--)
        {
            topic.Assigned.Add(reader.Int32());
            int replicas = reader.Array(4);
            bool ours = replicas == 1;
            for (; replicas > 0; replicas--)
            {
                ours &= reader.Int32() == Broker.NodeId;
            }

            topic.AssignmentError = ours ? topic.AssignmentError : ErrorCode.InvalidReplicaAssignment;
            reader.Tags();
        }

        for (int i = reader.Array(2); i > 0; i--)
        {
            string name = reader.String();
            if (reader.NullableString() is { } value)
            {
                topic.Config[name] = value;
            }

            reader.Tags();
        }

        reader.Tags();
        return topic;
    }

    private static (Topic? Topic, ErrorCode Error, string? Message) Create(Broker broker, Wanted topic, bool validateOnly)
    {
        if (TopicStore.IsInternalName(topic.Name))
        {
            return (null, ErrorCode.InvalidTopic, $"Topic '{topic.Name}' belongs to the broker");
        }

        int partitions = topic.Partitions == -1 ? broker.Options.DefaultPartitions : topic.Partitions;
        if (topic.Assigned.Count > 0)
        {
            partitions = topic.Assigned.Count;
            if (topic.AssignmentError != ErrorCode.None || !topic.Assigned.Order().SequenceEqual(Enumerable.Range(0, partitions)))
            {
                return (null, ErrorCode.InvalidReplicaAssignment, $"Each partition from 0 on has one replica, on broker {Broker.NodeId}");
            }
        }
        else if (topic.Replicas is not (1 or -1))
        {
            return (null, ErrorCode.InvalidReplicationFactor,
                $"Replication factor {topic.Replicas} is not possible: there is 1 broker, so it is 1 (or -1 for the default)");
        }

        return broker.Topics.Create(topic.Name, partitions, topic.Config, validateOnly);
    }

    private static void WriteDetails(WireWriter reply, Topic? topic)
    {
        reply.Int32(topic?.Partitions.Length ?? -1);
        reply.Int16((short)(topic is null ? -1 : 1));
        if (topic is null)
        {
            reply.NullArray();
            return;
        }

        reply.Array(ConfigDefinitions.Topic.Length);
        foreach (var definition in ConfigDefinitions.Topic)
        {
            reply.String(definition.Name);
            reply.String(topic.Config.Text(definition.Name));
            reply.Bool(false);
            reply.Int8(topic.Config.Set.ContainsKey(definition.Name) ? DescribeConfigs.SetOnTopic : DescribeConfigs.ByDefault);
            reply.Bool(false);
            reply.Tags();
        }
    }
}
