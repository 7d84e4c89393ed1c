using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DeleteTopics: by name, or by id from version 6 on. Committed offsets go with the topic.</summary>
internal sealed class DeleteTopics() : Api(ApiKey.DeleteTopics, 1, 6, flexibleFrom: 4)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        var asked = new List<(string? Name, Guid Id)>();
        for (int i = reader.Array(); i > 0; i--)
        {
            if (version >= 6)
            {
                asked.Add((reader.NullableString(), reader.Uuid()));
                reader.Tags();
            }
            else
            {
                asked.Add((reader.String(), Guid.Empty));
            }
        }

        reader.Int32();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(asked.Count);
        foreach (var (name, id) in asked)
        {
            var (topic, error) = Delete(request.Broker, name, id);
            reply.String(version >= 6 ? topic?.Name ?? name : name ?? "");
            if (version >= 6)
            {
                reply.Uuid(topic?.Id ?? id);
            }

            reply.Error(error);
            if (version >= 5)
            {
                reply.String(null);
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static (Topic? Topic, ErrorCode Error) Delete(Broker broker, string? name, Guid id)
    {
        var topic = name is null ? broker.Topics.Find(id) : broker.Topics.Find(name);
        if (topic is null)
        {
            return (null, name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition);
        }

        if (topic.IsInternal)
        {
            return (topic, ErrorCode.InvalidTopic);
        }

        var error = broker.Topics.Delete(topic);
        broker.Groups.Offsets.ForgetTopic(topic.Name);
        return (topic, error);
    }
}
