using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>What one resource's settings shall become.</summary>
internal sealed class ConfigChange(sbyte type, string name)
{
    public const sbyte Set = 0, Reset = 1, Append = 2, Subtract = 3;

    public List<(string Name, sbyte Operation, string? Value)> Steps { get; } = [];

    /// <summary>Reads and answers either request: incremental steps say what they do, the others replace all that was set.</summary>
    public static ValueTask<Outcome> Handle(Request request, bool isIncremental, WireWriter reply)
    {
        var reader = request.Reader();
        var changes = new List<ConfigChange>();
        for (int i = reader.Array(4); i > 0; i--)
        {
            var change = new ConfigChange(reader.Int8(), reader.String());
            for (int j = reader.Array(isIncremental ? 4 : 3); j > 0; j--)
            {
                change.Steps.Add((reader.String(), isIncremental ? reader.Int8() : Set, reader.NullableString()));
                reader.Tags();
            }

            reader.Tags();
            changes.Add(change);
        }

        bool validateOnly = reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        Answer(request.Broker, changes, fromScratch: !isIncremental, validateOnly, reply);
        return new(Outcome.Reply);
    }

    private static void Answer(Broker broker, List<ConfigChange> changes, bool fromScratch, bool validateOnly, WireWriter reply)
    {
        reply.Int32(0);
        reply.Array(changes.Count);
        foreach (var change in changes)
        {
            var (error, message) = change.Apply(broker, fromScratch, validateOnly);
            reply.Error(error);
            reply.String(message);
            reply.Int8(change.Type);
            reply.String(change.Name);
            reply.Tags();
        }

        reply.Tags();
    }

    private sbyte Type { get; } = type;

    private string Name { get; } = name;

    private (ErrorCode Error, string? Message) Apply(Broker broker, bool fromScratch, bool validateOnly)
    {
        if (Type != DescribeConfigs.TopicResource)
        {
            return (ErrorCode.InvalidRequest, "Only topics have settings that can be changed; the broker's come from its command line");
        }

        var topic = broker.Topics.Find(Name);
        if (topic is null || topic.IsInternal)
        {
            return topic is null
                ? (ErrorCode.UnknownTopicOrPartition, $"Topic '{Name}' does not exist")
                : (ErrorCode.InvalidTopic, $"Topic '{Name}' belongs to the broker");
        }

        var values = fromScratch ? [] : new Dictionary<string, string>(topic.Config.Set);
        foreach (var (key, operation, value) in Steps)
        {
            if (Step(topic.Config, values, key, operation, value) is { } refusal)
            {
                return (ErrorCode.InvalidConfig, refusal);
            }
        }

        string? wrong = broker.Topics.Configure(Name, values, validateOnly);
        return wrong is null ? (ErrorCode.None, null) : (ErrorCode.InvalidConfig, wrong);
    }

    private static string? Step(TopicConfig now, Dictionary<string, string> values, string key, sbyte operation, string? value)
    {
        var definition = ConfigDefinitions.Find(key);
        if (definition is null)
        {
            return $"Unknown topic config name: {key}";
        }

        switch (operation)
        {
            case Reset:
                values.Remove(key);
                return null;
            case Set when value is null:
                values.Remove(key);
                return null;
            case Set:
                values[key] = value;
                return null;
            case Append or Subtract when definition.Type == ConfigType.List && value is not null:
                var words = (values.TryGetValue(key, out string? set) ? set : now.Text(key)).Split(',', StringSplitOptions.TrimEntries);
                var others = value.Split(',', StringSplitOptions.TrimEntries);
                values[key] = string.Join(',', operation == Append ? words.Union(others) : words.Except(others));
                return null;
            default:
                return $"{key} is no list, it can only be set or reset";
        }
    }
}
