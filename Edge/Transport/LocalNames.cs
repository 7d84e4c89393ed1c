using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Edge.Transport;

/// <summary>The name behind a local address, for routes with an <c>authority</c>: the configured host when it is a name, else what DNS says.</summary>
/// <remarks>Any thread. There are as many answers as this machine has addresses, each asked for once.</remarks>
internal sealed class LocalNames(string host)
{
    private readonly ConcurrentDictionary<IPAddress, Task<string?>> _names = new();
    private readonly string? _host = IPAddress.TryParse(host, out _) ? null : host;

    /// <summary>The name, or null when there is none.</summary>
    public Task<string?> FindAsync(IPAddress address) => _host is not null ? Task.FromResult<string?>(_host) : _names.GetOrAdd(address, ResolveAsync);

    private static async Task<string?> ResolveAsync(IPAddress address)
    {
        try
        {
            return (await Dns.GetHostEntryAsync(address)).HostName;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
