using System.Net;
using Sluice.Configuration.Patterns;

namespace Sluice.Edge.Transport;

/// <summary>One condition of a tcp server's route. What is left out matches everything.</summary>
/// <param name="Authority">The name of the local address.</param>
/// <param name="Network">A block the local address must be in.</param>
/// <param name="Ports">Local ports; empty for any.</param>
internal sealed record TcpCondition(WildcardPattern? Authority, IPNetwork? Network, IReadOnlySet<int> Ports);

/// <summary>One route of a tcp server.</summary>
/// <param name="When">Any of them suffices; empty matches everything.</param>
/// <param name="ExitId">The binding that gets the connection.</param>
internal sealed record TcpRoute(IReadOnlyList<TcpCondition> When, long ExitId);

/// <summary>
/// Finds the exit of a connection. Conditions look at the local address, where the client connected to, never at the peer; guards are
/// not asked, since nobody has been authenticated yet (config-core §3.1).
/// </summary>
internal sealed class TcpRoutes(IReadOnlyList<TcpRoute> routes)
{
    /// <summary>True when a condition asks for the name of the local address.</summary>
    public bool NeedsAuthority { get; } = routes.Any(route => route.When.Any(condition => condition.Authority is not null));

    /// <summary>The first route that matches, or null.</summary>
    /// <param name="local">Where the client connected to.</param>
    /// <param name="authority">The name of that address, null when it has none or nobody asks.</param>
    public TcpRoute? Find(IPEndPoint local, string? authority)
    {
        foreach (TcpRoute route in routes)
        {
            if (route.When.Count == 0)
            {
                return route;
            }

            foreach (TcpCondition condition in route.When)
            {
                if (IsMatch(condition, local, authority))
                {
                    return route;
                }
            }
        }

        return null;
    }

    private static bool IsMatch(TcpCondition condition, IPEndPoint local, string? authority) =>
        (condition.Ports.Count == 0 || condition.Ports.Contains(local.Port))
        && (condition.Network is not IPNetwork network || network.Contains(local.Address))
        && (condition.Authority is null || (authority is not null && condition.Authority.IsMatch(authority)));
}
