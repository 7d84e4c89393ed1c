using System.Globalization;

namespace Sluice.Configuration.Text;

/// <summary>Ports as the tcp binding writes them: <c>7114</c>, <c>"7114-7120"</c>, or a list of both (config-core §3.1).</summary>
internal static class PortList
{
    public static IReadOnlyList<int> Read(ConfigNode node)
    {
        var ports = new List<int>();
        var seen = new bool[TextLimits.PortsMax + 1];
        if (node.Kind == ConfigNodeKind.List)
        {
            foreach (ConfigNode item in node.Items)
                Add(item, ports, seen);
        }
        else
        {
            Add(node, ports, seen);
        }

        return ports;
    }

    /// <summary>False when the node is neither a port nor a range of ports (1 to 65,535, low end first).</summary>
    public static bool TryRange(ConfigNode node, out int first, out int last)
    {
        first = last = 0;
        if (node.Kind == ConfigNodeKind.WholeNumber)
        {
            first = last = node.WholeNumber is > 0 and <= TextLimits.PortsMax ? (int)node.WholeNumber : 0;
            return first > 0;
        }

        if (node.Kind != ConfigNodeKind.Text)
            return false;

        ReadOnlySpan<char> text = node.Text;
        int dash = text.IndexOf('-');
        ReadOnlySpan<char> low = dash < 0 ? text : text[..dash];
        ReadOnlySpan<char> high = dash < 0 ? text : text[(dash + 1)..];
        return TryPort(low, out first) && TryPort(high, out last) && first <= last;
    }

    private static bool TryPort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= TextLimits.PortsMax;

    private static void Add(ConfigNode node, List<int> ports, bool[] seen)
    {
        if (!TryRange(node, out int first, out int last))
            return; // The schema has reported it.
        for (int port = first; port <= last; port++)
        {
            if (!seen[port])
                ports.Add(port);
            seen[port] = true;
        }
    }
}
