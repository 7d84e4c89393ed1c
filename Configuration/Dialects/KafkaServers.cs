using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Dialects;

/// <summary>
/// kafka client, very old form: no <c>options.servers</c>; the tcp client it exits to holds the broker's host and port
/// (config-kafka §2.2). The address becomes the one server.
/// </summary>
internal static class KafkaServers
{
    private const int LinksMax = 4; // kafka client, tls client, tcp client, and one to spare.

    public static ConfigNode Normalise(ConfigEntry binding, ConfigNode bindings, Findings findings)
    {
        ConfigNode node = binding.Value;
        ConfigNode options = node.GetMap("options");
        if (options.Kind != ConfigNodeKind.Map || options.Has("servers") || SocketBelow(node, bindings) is not { } socket)
            return node;

        string server = $"{socket.GetString("host", null)}:{socket["port"].Text}";
        findings.Warning(binding.KeyPosition, $"binding '{binding.Key}': a kafka client without 'servers' is an old form; "
            + $"set options.servers: [ \"{server}\" ]");
        SourcePosition position = socket.Position;
        ConfigNode servers = ConfigNode.List(position, [ConfigNodeEdits.Text(position, server)]);
        ConfigNode changed = node.Has("options") ? options : ConfigNode.Map(position, []);
        return node.With("options", changed.With("servers", servers));
    }

    // The options of the tcp client at the end of the exits, when they name one address.
    private static ConfigNode? SocketBelow(ConfigNode node, ConfigNode bindings)
    {
        for (int link = 0; link < LinksMax; link++)
        {
            string? exit = node.GetString("exit", null);
            if (exit is null || bindings.Get(exit) is not { } next)
                return null;
            node = next;
            if (node.GetString("type", null) == "tcp")
            {
                ConfigNode options = node.GetMap("options");
                return options.Get("host") is { Kind: ConfigNodeKind.Text } && options.Get("port") is { Kind: ConfigNodeKind.WholeNumber }
                    ? options : null;
            }
        }

        return null;
    }
}
