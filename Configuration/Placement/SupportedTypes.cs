namespace Sluice.Configuration.Placement;

/// <summary>
/// What this version of the suite acts upon. The language is larger: whatever is missing here loads as far as its shape and is then
/// refused by name, so that no setting, least of all one that protects something, is silently ignored.
/// </summary>
/// <remarks>A work item that builds a binding or an option adds or removes a line here, and nowhere else.</remarks>
internal static class SupportedTypes
{
    /// <summary>The kinds a room has a binding for. A room narrows an entry: elsewhere the same kind is not built yet.</summary>
    private static readonly (string Type, string Kind, Room Room)[] Bindings =
    [
        ("tcp", "server", Room.Edge),
        ("http", "server", Room.Edge),
        ("echo", "server", Room.Edge),
        ("http-kafka", "proxy", Room.ProtocolWorkers),
        ("kafka", "cache_client", Room.ProtocolWorkers),
        ("kafka", "cache_server", Room.KafkaCache),
        ("kafka", "client", Room.KafkaCache),
        ("tcp", "client", Room.KafkaCache), // Below a kafka client only: Edge does not dial yet.
    ];

    /// <summary>Settings of supported kinds that nothing acts upon yet. <c>[]</c> walks a list, <c>=value</c> means that value.</summary>
    private static readonly (string Kind, string[] Settings)[] NotYet =
    [
        ("tcp server", ["routes[].guarded"]),
        ("tcp client", ["routes"]),
        ("http server",
        [
            "options.access-control", "options.authorization", "options.requests", "routes[].guarded",
        ]),
        ("http-kafka proxy",
        [
            "routes[].guarded", "routes[].with.reply-to", "routes[].with.correlation-id", "routes[].with.async",
        ]),
        ("kafka cache_client",
        [
            "routes", "options.topics[].key", "options.topics[].value", "options.topics[].transforms",
            "options.topics[].deltaType=json_patch",
        ]),
        ("kafka cache_server",
        [
            "routes", "options.topics[].key", "options.topics[].value", "options.topics[].transforms",
            "options.topics[].deltaType=json_patch",
        ]),
        ("kafka client", ["routes", "options.authorization"]),
    ];

    /// <summary>Whether <c>${guarded[...]}</c> is filled in: not before guards are.</summary>
    public const bool GuardedExpressions = false;

    /// <summary>Guard types a room can serve.</summary>
    public static readonly string[] Guards = ["inline"];

    /// <summary>Vault types a room can serve.</summary>
    public static readonly string[] Vaults = [];

    /// <summary>Catalog types a room can serve.</summary>
    public static readonly string[] Catalogs = ["inline"];

    /// <summary>Store types a room can serve.</summary>
    public static readonly string[] Stores = [];

    /// <summary>Exporter types a room can serve. One that is missing is warned about only: it changes nothing a client sees.</summary>
    public static readonly string[] Exporters = [];

    /// <summary>The list for messages.</summary>
    public const string BindingList =
        "tcp server, http server, echo server, http-kafka proxy, kafka cache_client, kafka cache_server, kafka client, "
        + "and tcp client as the exit of a kafka client";

    /// <summary>True when the room has a binding of this kind.</summary>
    public static bool Has(BindingType type, Room room) =>
        Array.Exists(Bindings, entry => entry.Type == type.Type && entry.Kind == type.Kind && entry.Room == room);

    /// <summary>The settings of a kind that are refused for now.</summary>
    public static string[] NotYetOf(BindingType type)
    {
        string name = type.ToString();
        return Array.Find(NotYet, entry => entry.Kind == name).Settings ?? [];
    }
}
