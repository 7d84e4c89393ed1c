namespace Sluice.Configuration.Placement;

/// <summary>The one order in which the Kafka bindings work: mapping, cache_client, cache_server, client (config-kafka §1).</summary>
internal static class KafkaChain
{
    /// <summary>The kind that must follow, or null when this is no link of the chain.</summary>
    public static string? Expected(BindingType from) => (from.Type, from.Kind) switch
    {
        ("http-kafka" or "sse-kafka" or "mqtt-kafka" or "grpc-kafka", "proxy") => "kafka cache_client",
        ("kafka", "cache_client") => "kafka cache_server",
        ("kafka", "cache_server") => "kafka client",
        _ => null,
    };
}
