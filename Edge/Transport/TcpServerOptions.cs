using System.Net;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Patterns;
using Sluice.Configuration.Text;

namespace Sluice.Edge.Transport;

/// <summary>What the configuration says about a tcp server (config-core §3.1).</summary>
internal sealed record TcpServerOptions
{
    /// <summary><c>namespace:name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The binding's id.</summary>
    public required long Id { get; init; }

    /// <summary>Address or name to listen on.</summary>
    public required string Host { get; init; }

    /// <summary>Ports to listen on, each from 0 (any free one, for tests) to 65,535.</summary>
    public required IReadOnlyList<int> Ports { get; init; }

    /// <summary>Where connections go.</summary>
    public required TcpRoutes Routes { get; init; }

    /// <summary>Reads a validated binding.</summary>
    public static TcpServerOptions From(BindingConfiguration binding) => new()
    {
        Name = binding.QualifiedName,
        Id = binding.Id,
        Host = binding.Options.GetString("host", "0.0.0.0"),
        Ports = binding.Options.GetPorts("port"),
        Routes = new TcpRoutes([.. binding.EffectiveRoutes.Where(route => route.Exit is not null).Select(Route)]),
    };

    private static TcpRoute Route(RouteConfiguration route) => new([.. route.When.Select(Condition)], route.Exit!.Id);

    private static TcpCondition Condition(ConfigNode when) => new(
        when.GetString("authority", null) is string authority ? WildcardPattern.Parse(authority) : null,
        when.GetString("cidr", null) is string cidr ? Network(cidr) : null,
        when.GetPorts("port").ToHashSet());

    // 10.1.2.3/8 means its block: bits behind the prefix are cleared, as IPNetwork insists.
    private static IPNetwork Network(string cidr)
    {
        int slash = cidr.IndexOf('/');
        byte[] bytes = IPAddress.Parse(cidr.AsSpan(0, slash)).GetAddressBytes();
        int prefix = int.Parse(cidr.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture);
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), prefix);
    }
}
