using System.Globalization;
using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DescribeConfigs: settings of topics and of the broker, with where each value comes from.</summary>
internal sealed class DescribeConfigs() : Api(ApiKey.DescribeConfigs, 1, 4, flexibleFrom: 4)
{
    public const sbyte SetOnTopic = 1, SetOnBroker = 4, ByDefault = 5;
    public const sbyte TopicResource = 2, BrokerResource = 4;

    private readonly record struct Setting(string Name, string Value, bool ReadOnly, sbyte Source, ConfigType Type, string Doc, string Default);

    private sealed record Resource(sbyte Type, string Name, HashSet<string>? Keys);

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var resources = new List<Resource>();
        for (int i = reader.Array(4); i > 0; i--)
        {
            resources.Add(new Resource(reader.Int8(), reader.String(), reader.NullableStrings()?.ToHashSet()));
            reader.Tags();
        }

        bool synonyms = reader.Bool();
        bool documentation = request.Version >= 3 && reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(resources.Count);
        foreach (var resource in resources)
        {
            var (settings, error, message) = Find(request.Broker, resource);
            reply.Error(error);
            reply.String(message);
            reply.Int8(resource.Type);
            reply.String(resource.Name);
            settings = resource.Keys is { } wanted ? settings.FindAll(s => wanted.Contains(s.Name)) : settings;
            reply.Array(settings.Count);
            foreach (var setting in settings)
            {
                Write(reply, request.Version, setting, synonyms, documentation);
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static (List<Setting> Settings, ErrorCode Error, string? Message) Find(Broker broker, Resource resource)
    {
        switch (resource.Type)
        {
            case TopicResource:
                var config = broker.Topics.Find(resource.Name)?.Config;
                return config is null
                    ? ([], ErrorCode.UnknownTopicOrPartition, $"Topic '{resource.Name}' does not exist")
                    : ([.. ConfigDefinitions.Topic.Select(d => new Setting(
                        d.Name, config.Text(d.Name), false, config.Set.ContainsKey(d.Name) ? SetOnTopic : ByDefault, d.Type, d.Doc, d.Default))],
                        ErrorCode.None, null);
            case BrokerResource when resource.Name is "" or "1":
                return ([.. BrokerSettings(broker)], ErrorCode.None, null);
            case BrokerResource:
                return ([], ErrorCode.InvalidRequest, $"There is one broker, its id is {Broker.NodeId}, not '{resource.Name}'");
            default:
                return ([], ErrorCode.InvalidRequest, $"Resource type {resource.Type} has no settings here; topics (2) and the broker (4) have");
        }
    }

    private static IEnumerable<Setting> BrokerSettings(Broker broker)
    {
        static Setting Of(string name, object value, ConfigType type, string doc)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            return new(name, value is bool ? text.ToLowerInvariant() : text, true, SetOnBroker, type, doc, text);
        }

        yield return Of("node.id", Broker.NodeId, ConfigType.Int, "The id of this broker");
        yield return Of("broker.id", Broker.NodeId, ConfigType.Int, "The id of this broker");
        yield return Of("auto.create.topics.enable", broker.Options.AutoCreateTopics, ConfigType.Boolean, "Topics asked for by name are created");
        yield return Of("num.partitions", broker.Options.DefaultPartitions, ConfigType.Int, "Partitions of topics created without a number");
        yield return Of("default.replication.factor", 1, ConfigType.Int, "There is one broker");
        yield return Of("offsets.topic.replication.factor", 1, ConfigType.Int, "There is one broker");
        yield return Of("message.max.bytes", TopicConfig.Default.MaxMessageBytes, ConfigType.Int, "Default of max.message.bytes, in bytes");
        yield return Of("log.retention.ms", TopicConfig.Default.RetentionMs, ConfigType.Long, "Default of retention.ms");
        yield return Of("log.segment.bytes", TopicConfig.Default.SegmentBytes, ConfigType.Int, "Default of segment.bytes");
        yield return Of("log.dirs", broker.Options.DataDirectory, ConfigType.String, "Where the log is");
    }

    private static void Write(WireWriter reply, short version, Setting setting, bool synonyms, bool documentation)
    {
        reply.String(setting.Name);
        reply.String(setting.Value);
        reply.Bool(setting.ReadOnly);
        reply.Int8(setting.Source);
        reply.Bool(false);
        if (!synonyms)
        {
            reply.Array(0);
        }
        else
        {
            reply.Array(setting.Source == SetOnTopic ? 2 : 1);
            WriteSynonym(reply, setting.Name, setting.Value, setting.Source);
            if (setting.Source == SetOnTopic)
            {
                WriteSynonym(reply, setting.Name, setting.Default, ByDefault);
            }
        }

        if (version >= 3)
        {
            reply.Int8((sbyte)setting.Type);
            reply.String(documentation ? setting.Doc : null);
        }

        reply.Tags();
    }

    private static void WriteSynonym(WireWriter reply, string name, string value, sbyte source)
    {
        reply.String(name);
        reply.String(value);
        reply.Int8(source);
        reply.Tags();
    }
}
