using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.ServiceDiscovery;

namespace Sluice.Frames.Grpc;

/// <summary>Where a room can be called: every endpoint that service discovery knows by the name <c>link</c>, one address an instance.</summary>
/// <remarks>
/// A DNS name may stand for many instances, as that of a headless service does: each of its addresses is one. A name that leads to one balancing
/// address is one instance, whichever answers.
/// </remarks>
/// <param name="resolver">Service discovery.</param>
/// <param name="room">Whose addresses.</param>
/// <param name="isTls">An endpoint without a scheme speaks TLS.</param>
/// <param name="resolve">What DNS says of a host; the system's own when null.</param>
internal sealed class LinkAddresses(
    ServiceEndpointResolver resolver, string room, bool isTls, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>The endpoint's name: <c>services__ROOM__link__0</c>.</summary>
    public const string EndpointName = "link";

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    public async Task<IReadOnlyList<Uri>> FindAsync(CancellationToken cancellation)
    {
        string scheme = isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        ServiceEndpointSource source = await resolver.GetEndpointsAsync($"https+http://_{EndpointName}.{room}", cancellation).ConfigureAwait(false);
        var addresses = new List<Uri>();
        foreach (Uri address in source.Endpoints.Select(endpoint => Address(endpoint.ToString()!, scheme)).OfType<Uri>())
        {
            addresses.AddRange(await InstancesAsync(address, cancellation).ConfigureAwait(false));
        }

        return [.. addresses.Distinct()];
    }

    // 127.0.0.1:7000, host:7000 or https://host:7000
    private static Uri? Address(string endpoint, string scheme) =>
        Uri.TryCreate(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{scheme}://{endpoint}", UriKind.Absolute, out Uri? address) ? address : null;

    private async Task<IEnumerable<Uri>> InstancesAsync(Uri address, CancellationToken cancellation)
    {
        if (address.HostNameType != UriHostNameType.Dns)
        {
            return [address];
        }

        IPAddress[] found;
        try
        {
            found = await _resolve(address.IdnHost, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [address]; // The call to it says what is wrong, for whoever reads the log.
        }

        // An instance with addresses of both families is one instance; the system names first what it would rather use.
        IPAddress[] instances = [.. found.Where(ip => ip.AddressFamily == found[0].AddressFamily).Distinct()];
        return instances.Length > 1 && !instances.All(IPAddress.IsLoopback)
            ? instances.Select(ip => new UriBuilder(address) { Host = ip.ToString() }.Uri)
            : [address];
    }
}
