using Sluice.Configuration.Placement;
using Sluice.Configuration.Schema.Bindings;

namespace Sluice.Configuration.Schema;

/// <summary>The schema of each supported kind, built when a file first uses it.</summary>
internal static class BindingSchemas
{
    /// <summary>The schema of a kind that <see cref="SupportedTypes"/> lists; null when it has none yet.</summary>
    public static BindingSchema? Of(BindingType type) => type.ToString() switch
    {
        "tcp server" => TcpSchemas.Server,
        "tcp client" => TcpSchemas.Client,
        "http server" => HttpSchemas.Server,
        "echo server" => EchoSchemas.Server,
        "http-kafka proxy" => HttpKafkaSchemas.Proxy,
        "kafka cache_client" => KafkaSchemas.CacheClient,
        "kafka cache_server" => KafkaSchemas.CacheServer,
        "kafka client" => KafkaSchemas.Client,
        _ => null,
    };
}
