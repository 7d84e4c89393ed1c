namespace Sluice.Configuration.Placement;

/// <summary>Every binding type of the language, with its kinds, what it joins and the room it belongs to (config-core §1.2).</summary>
internal static class BindingTypes
{
    private static readonly BindingType[] All =
    [
        new("tcp", "server", Speech.None, Speech.Bytes, Room.Edge),
        new("tcp", "client", Speech.Bytes, Speech.None, Room.Edge),
        new("tls", "server", Speech.Bytes, Speech.Bytes, Room.Edge),
        new("tls", "client", Speech.Bytes, Speech.Bytes, Room.Edge),
        new("tls", "proxy", Speech.Bytes, Speech.Bytes, Room.Edge),
        new("proxy", "server", Speech.Bytes, Speech.Bytes, Room.Edge),
        new("proxy", "client", Speech.Bytes, Speech.Bytes, Room.Edge),
        new("http", "server", Speech.Bytes, Speech.Http, Room.Edge),
        new("http", "client", Speech.Http, Speech.Bytes, Room.Edge),
        new("ws", "server", Speech.Http, Speech.WebSocket, Room.Edge),
        new("ws", "client", Speech.WebSocket, Speech.Http, Room.Edge),
        new("sse", "server", Speech.Http, Speech.Sse, Room.Edge),
        new("sse", "client", Speech.Sse, Speech.Http, Room.Edge),
        new("grpc", "server", Speech.Http, Speech.Grpc, Room.Edge),
        new("grpc", "client", Speech.Grpc, Speech.Http, Room.Edge),
        new("mqtt", "server", Speech.Bytes | Speech.WebSocket, Speech.Mqtt, Room.Edge),
        new("mqtt", "client", Speech.Mqtt, Speech.Bytes, Room.Edge),
        new("filesystem", "server", Speech.Filesystem, Speech.None, Room.Edge),
        new("http-filesystem", "proxy", Speech.Http, Speech.Filesystem, Room.Edge),
        new("echo", "server", Speech.Any, Speech.None, Room.Edge),
        new("fan", "server", Speech.Any, Speech.Any, Room.Edge),
        new("kafka", "cache_client", Speech.Kafka, Speech.Kafka, Room.ProtocolWorkers),
        new("kafka", "cache_server", Speech.Kafka, Speech.Kafka, Room.KafkaCache),
        new("kafka", "client", Speech.Kafka, Speech.Bytes, Room.KafkaCache),
        new("http-kafka", "proxy", Speech.Http, Speech.Kafka, Room.ProtocolWorkers),
        new("sse-kafka", "proxy", Speech.Sse, Speech.Kafka, Room.ProtocolWorkers),
        new("mqtt-kafka", "proxy", Speech.Mqtt, Speech.Kafka, Room.ProtocolWorkers),
        new("grpc-kafka", "proxy", Speech.Grpc, Speech.Kafka, Room.ProtocolWorkers),
        new("kafka-grpc", "remote_server", Speech.Kafka, Speech.Grpc, Room.ProtocolWorkers),
        new("openapi", "server", Speech.Any, Speech.Any, Room.Edge),
        new("openapi", "client", Speech.Any, Speech.Any, Room.Edge),
        new("asyncapi", "server", Speech.Any, Speech.Any, Room.Edge),
        new("asyncapi", "client", Speech.Any, Speech.Any, Room.Edge),
        new("asyncapi", "proxy", Speech.Any, Speech.Any, Room.ProtocolWorkers),
        new("openapi-asyncapi", "proxy", Speech.Any, Speech.Any, Room.ProtocolWorkers),
        new("mcp", "server", Speech.Any, Speech.Any, Room.Edge),
        new("mcp", "client", Speech.Any, Speech.Any, Room.Edge),
        new("mcp", "proxy", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-http", "client", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-http", "proxy", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-openapi", "client", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-openapi", "proxy", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-kafka", "client", Speech.Any, Speech.Any, Room.ProtocolWorkers),
        new("mcp-kafka", "proxy", Speech.Any, Speech.Any, Room.ProtocolWorkers),
        new("mcp-kafka-connect", "client", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-kafka-connect", "proxy", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-schema-registry", "client", Speech.Any, Speech.Any, Room.Edge),
        new("mcp-schema-registry", "proxy", Speech.Any, Speech.Any, Room.Edge),
        new("amqp", "server", Speech.Bytes | Speech.WebSocket, Speech.Any, Room.Edge),
        new("pgsql", "server", Speech.Bytes, Speech.Any, Room.Edge),
        new("pgsql", "client", Speech.Any, Speech.Bytes, Room.Edge),
        new("pgsql-kafka", "proxy", Speech.Any, Speech.Kafka, Room.ProtocolWorkers),
        new("risingwave", "proxy", Speech.Any, Speech.Any, Room.Edge),
    ];

    /// <summary>The entry for a type and kind, or null.</summary>
    public static BindingType? Find(string? type, string? kind) =>
        Array.Find(All, entry => entry.Type == type && entry.Kind == kind);

    /// <summary>Every type name, each once.</summary>
    public static List<string> Names()
    {
        var names = new List<string>();
        foreach (BindingType entry in All)
        {
            if (!names.Contains(entry.Type))
                names.Add(entry.Type);
        }

        return names;
    }

    /// <summary>The kinds of a type; empty for an unknown type.</summary>
    public static List<string> KindsOf(string type)
    {
        var kinds = new List<string>();
        foreach (BindingType entry in All)
        {
            if (entry.Type == type)
                kinds.Add(entry.Kind);
        }

        return kinds;
    }
}
