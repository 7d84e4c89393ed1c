using System.Text;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Patterns;
using Sluice.Configuration.Text;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>An http-kafka binding's configuration, parsed once at start and shared by all engines (config-kafka §4.1).</summary>
public sealed class HttpKafkaOptions
{
    private HttpKafkaOptions(BindingConfiguration binding, int produceTimeoutMs)
    {
        Id = binding.Id;
        ProduceTimeoutMs = produceTimeoutMs;
        IdempotencyHeader = Encoding.UTF8.GetBytes(
            binding.Options.GetMap("idempotency").GetString("header", "idempotency-key").ToLowerInvariant());
        foreach (RouteConfiguration route in binding.EffectiveRoutes)
        {
            // A route without `with`, or without an exit, says nothing about what to do: it never matches.
            if (route.Exit is not null && route.With.Has("capability"))
            {
                Routes.Add(new HttpKafkaRoute([.. route.When.Select(ReadCondition)], ReadWith(route.With), route.Exit.Id));
            }
        }
    }

    internal long Id { get; }

    internal int ProduceTimeoutMs { get; }

    internal byte[] IdempotencyHeader { get; }

    internal List<HttpKafkaRoute> Routes { get; } = [];

    /// <summary>Reads a validated binding.</summary>
    /// <param name="binding">Of type http-kafka, kind proxy.</param>
    /// <param name="produceTimeoutMs">How long a produce may wait for Kafka's acknowledgement before it is answered 503; 0 for ever.</param>
    public static HttpKafkaOptions Read(BindingConfiguration binding, int produceTimeoutMs = 0) => new(binding, produceTimeoutMs);

    private static RouteCondition ReadCondition(ConfigNode when) => new(
        when.TryGet("method", out ConfigNode? method) ? WildcardPattern.Parse(method.Text) : null,
        when.TryGet("path", out ConfigNode? path) ? PathPattern.Parse(path.Text) : null);

    private static IRouteWith ReadWith(ConfigNode with) => with.GetString("capability") == "produce"
        ? new ProduceWith
        {
            Topic = TopicTemplate.Read(with["topic"]),
            Acks = with.GetString("acks", null) switch
            {
                "none" => KafkaAcks.None,
                "leader_only" => KafkaAcks.LeaderOnly,
                _ => KafkaAcks.InSyncReplicas,
            },
            Key = with.TryGet("key", out ConfigNode? key) ? ExpressionTemplate.Parse(key.Text) : null,
            Overrides = ReadHeaders(with.GetMap("overrides")),
        }
        : new FetchWith
        {
            Topic = TopicTemplate.Read(with["topic"]),
            Filters = [.. with.GetList("filters").Select(ReadFilter)],
            IsMerged = with.Has("merge"),
        };

    private static FetchFilter ReadFilter(ConfigNode filter) => new(
        filter.TryGet("key", out ConfigNode? key) ? ExpressionTemplate.Parse(key.Text) : null,
        ReadHeaders(filter.GetMap("headers")));

    private static HeaderTemplate[] ReadHeaders(ConfigNode map) =>
        [.. map.Entries.Select(entry => new HeaderTemplate(entry.Key, ExpressionTemplate.Parse(entry.Value.Text)))];
}
