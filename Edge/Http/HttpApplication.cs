using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Edge.Http;

/// <summary>Kestrel's way into the bindings: each request becomes an exchange on its connection's engine.</summary>
/// <remarks>No HttpContext is made. Kestrel keeps the exchange with the connection (HTTP/2: with the stream object) and it is used again.</remarks>
internal sealed class HttpApplication : IHttpApplication<HttpExchange>
{
    public HttpExchange CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<HttpExchange> container)
        {
            return new HttpExchange(contextFeatures.GetRequiredFeature<HttpConnection>()).Reset(contextFeatures);
        }

        container.HostContext ??= new HttpExchange(contextFeatures.GetRequiredFeature<HttpConnection>());
        return container.HostContext.Reset(contextFeatures);
    }

    public Task ProcessRequestAsync(HttpExchange context) => context.ProcessAsync();

    public void DisposeContext(HttpExchange context, Exception? exception)
    {
    }
}
