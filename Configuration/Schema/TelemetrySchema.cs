namespace Sluice.Configuration.Schema;

/// <summary>The <c>telemetry</c> sections of a namespace and of a binding (config-core §6).</summary>
internal static class TelemetrySchema
{
    private static readonly string[] McpOperations =
        ["initialize", "tools.list", "tools.call", "resources.list", "resources.read", "prompts.list", "prompts.get"];

    /// <summary>Selects among the enabled metrics by pattern, so its names are free.</summary>
    public static Shape Binding { get; } = new ObjectShape(
        new Field("metrics", new ListShape(Shape.FilledText)),
        new Field("attributes", new MapShape(Shape.Text)));

    /// <summary>Enables metrics by name. Exporters are checked with the other resources.</summary>
    public static Shape Root { get; } = new ObjectShape(
        new Field("attributes", new MapShape(Shape.Text)),
        new Field("metrics", new ListShape(new WordShape(MetricNames()), unique: true)),
        new Field("exporters", new MapShape(Shape.Any, Names.IsName, Names.NameRule)));

    // config-core §6.2
    private static string[] MetricNames()
    {
        var names = new List<string>();
        foreach (string what in (string[])["opens", "closes", "errors", "data", "active"])
        {
            names.Add($"stream.{what}.received");
            names.Add($"stream.{what}.sent");
        }

        foreach (string protocol in (string[])["http", "grpc"])
        {
            foreach (string what in (string[])["active.requests", "duration", "request.size", "response.size"])
                names.Add($"{protocol}.{what}");
        }

        names.AddRange(["grpc.requests.per.rpc", "grpc.responses.per.rpc"]);
        foreach (string operation in McpOperations)
        {
            names.Add($"mcp.{operation}");
            names.Add($"mcp.{operation}.duration");
        }

        names.AddRange(["engine.workers.count", "engine.workers.capacity", "engine.workers.usage"]);
        return [.. names];
    }
}
