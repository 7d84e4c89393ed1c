using Sluice.Configuration.Expressions;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema.Bindings;

/// <summary>http-kafka (config-kafka §4.1).</summary>
internal static class HttpKafkaSchemas
{
    private const ExpressionKinds Common = ExpressionKinds.Param | ExpressionKinds.Guarded;

    private static readonly ExpressionShape Value = new(Common);
    private static readonly ExpressionShape ProducedValue = new(Common | ExpressionKinds.IdempotencyKey);

    public static BindingSchema Proxy { get; } = new()
    {
        Options = new ObjectShape(
            new Field("idempotency", new ObjectShape(new Field("header", Shape.FilledText, Required: true))),
            new Field("correlation", new ObjectShape(
                new Field("headers", new ObjectShape(
                    new Field("reply-to", Shape.FilledText),
                    new Field("correlation-id", Shape.FilledText)))))),
        RoutesRequired = true,
        When = new ObjectShape(
            new Field("method", Shape.FilledText),
            new Field("path", new PatternShape("/"))),
        With = new WithShape(),
        WithRequired = true,
        RouteRule = (route, _, findings) => ParamRule.Check(route, when => when.Get("path"), "'path' pattern", findings),
    };

    /// <summary>The capability decides which other keys there are.</summary>
    private sealed class WithShape : Shape
    {
        private static readonly Field Capability = new("capability", new WordShape("fetch", "produce"), Required: true);

        private static readonly ObjectShape Fetch = new(
            Capability,
            new Field("topic", Value, Required: true),
            new Field("filters", new ListShape(new ObjectShape(
                new Field("key", Value),
                new Field("headers", new MapShape(Value))))),
            new Field("merge", new ObjectShape(
                new Field("content-type", new WordShape("application/json"), Required: true),
                new Field("patch", new ObjectShape(
                    new Field("initial", new WordShape("[]"), Required: true),
                    new Field("path", new WordShape("/-"), Required: true))))));

        private static readonly ObjectShape Produce = new(
            Capability,
            new Field("topic", Value, Required: true),
            new Field("acks", new WordShape("in_sync_replicas", "leader_only", "none")),
            new Field("key", ProducedValue),
            new Field("overrides", new MapShape(ProducedValue)),
            new Field("reply-to", new ExpressionShape(ExpressionKinds.Param)),
            new Field("correlation-id", Shape.FilledText),
            new Field("async", new MapShape(new ExpressionShape(ExpressionKinds.Param | ExpressionKinds.CorrelationId))));

        public override void Check(ConfigNode node, NodePath path, Findings findings)
        {
            string? capability = node.GetString("capability", null);
            if (node.Kind != ConfigNodeKind.Map)
                Expected(node, path, findings, "a map");
            else if (!node.Has("capability"))
                findings.Error(node.Position, $"{path} lacks the required key 'capability': fetch or produce");
            else if (capability is "fetch" or "produce")
                (capability == "fetch" ? Fetch : Produce).Check(node, path, findings);
            else
                Capability.Shape.Check(node["capability"], path.Key("capability"), findings);
        }
    }
}
