using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Metadata: the broker, its topics, and creation of topics that are asked for by name.</summary>
internal sealed class Metadata() : Api(ApiKey.Metadata, 0, 13, flexibleFrom: 9)
{
    private readonly record struct Answer(ErrorCode Error, string? Name, Guid Id, Topic? Topic);

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        int count = reader.Array();
        bool all = count < 0 || (version == 0 && count == 0);
        var asked = new List<(Guid Id, string? Name)>();
        for (int i = 0; i < count; i++)
        {
            var id = version >= 10 ? reader.Uuid() : Guid.Empty;
            asked.Add((id, version >= 10 ? reader.NullableString() : reader.String()));
            reader.Tags();
        }

        bool mayCreate = version < 4 || reader.Bool();
        if (version is >= 8 and <= 10)
        {
            reader.Bool();
        }

        if (version >= 8)
        {
            reader.Bool();
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var broker = request.Broker;
        var answers = all
            ? [.. broker.Topics.All.Select(topic => new Answer(ErrorCode.None, topic.Name, topic.Id, topic))]
            : asked.ConvertAll(topic => Find(broker, topic.Id, topic.Name, mayCreate));
        WriteCluster(request, reply, version);
        reply.Array(answers.Count);
        foreach (var answer in answers)
        {
            WriteTopic(reply, version, answer);
        }

        if (version is >= 8 and <= 10)
        {
            reply.Int32(int.MinValue);
        }

        if (version >= 13)
        {
            reply.Error(ErrorCode.None);
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static Answer Find(Broker broker, Guid id, string? name, bool mayCreate)
    {
        if (name is null)
        {
            var byId = broker.Topics.Find(id);
            return new(byId is null ? ErrorCode.UnknownTopicId : ErrorCode.None, byId?.Name, id, byId);
        }

        var topic = broker.Topics.Find(name);
        if (topic is not null)
        {
            return new(ErrorCode.None, name, topic.Id, topic);
        }

        if (!mayCreate || !broker.Options.AutoCreateTopics)
        {
            return new(TopicName.Refusal(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic, name, Guid.Empty, null);
        }

        var (created, error, _) = broker.Topics.Create(name, broker.Options.DefaultPartitions, new Dictionary<string, string>());
        return created is null ? new(error, name, Guid.Empty, null) : new(ErrorCode.None, name, created.Id, created);
    }

    private static void WriteCluster(Request request, WireWriter reply, short version)
    {
        var (host, port) = request.Broker.AddressFor(request.Peer);
        if (version >= 3)
        {
            reply.Int32(0);
        }

        reply.Array(1);
        reply.Int32(Broker.NodeId);
        reply.String(host);
        reply.Int32(port);
        if (version >= 1)
        {
            reply.String(null);
        }

        reply.Tags();
        if (version >= 2)
        {
            reply.String(request.Broker.ClusterId);
        }

        if (version >= 1)
        {
            reply.Int32(Broker.NodeId);
        }
    }

    private static void WriteTopic(WireWriter reply, short version, Answer answer)
    {
        reply.Error(answer.Error);
        reply.String(version >= 12 ? answer.Name : answer.Name ?? "");
        if (version >= 10)
        {
            reply.Uuid(answer.Id);
        }

        if (version >= 1)
        {
            reply.Bool(answer.Topic?.IsInternal ?? false);
        }

        int partitions = answer.Topic?.Partitions.Length ?? 0;
        reply.Array(partitions);
        for (int i = 0; i < partitions; i++)
        {
            reply.Error(ErrorCode.None);
            reply.Int32(i);
            reply.Int32(Broker.NodeId);
            if (version >= 7)
            {
                reply.Int32(0);
            }

            WriteNodes(reply);
            WriteNodes(reply);
            if (version >= 5)
            {
                reply.Array(0);
            }

            reply.Tags();
        }

        if (version >= 8)
        {
            reply.Int32(int.MinValue);
        }

        reply.Tags();
    }

    private static void WriteNodes(WireWriter reply)
    {
        reply.Array(1);
        reply.Int32(Broker.NodeId);
    }
}
