using Microsoft.Extensions.ServiceDiscovery;

namespace Sluice.Frames.Grpc;

/// <summary>Where a room can be called: every endpoint that service discovery knows by the name <c>link</c>.</summary>
internal sealed class LinkAddresses(ServiceEndpointResolver resolver, string room, bool isTls)
{
    /// <summary>The endpoint's name: <c>services__ROOM__link__0</c>.</summary>
    public const string EndpointName = "link";

    public async Task<IReadOnlyList<Uri>> FindAsync(CancellationToken cancellation)
    {
        string scheme = isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        ServiceEndpointSource source = await resolver.GetEndpointsAsync($"https+http://_{EndpointName}.{room}", cancellation).ConfigureAwait(false);
        return [.. source.Endpoints.Select(endpoint => Address(endpoint.ToString()!, scheme)).OfType<Uri>().Distinct()];
    }

    // 127.0.0.1:7000, host:7000 or https://host:7000
    private static Uri? Address(string endpoint, string scheme) =>
        Uri.TryCreate(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{scheme}://{endpoint}", UriKind.Absolute, out Uri? address) ? address : null;
}
