using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Sluice.Edge.Http;

/// <summary>Where Kestrel "listens" for one version of HTTP: nowhere, connections are offered by the engines.</summary>
internal sealed class HttpEndPoint(HttpOpening version) : EndPoint
{
    /// <summary>The version spoken here.</summary>
    public HttpOpening Version => version;

    public override string ToString() => $"engine streams, {version}";
}

/// <summary>Hands the connections of all engines to Kestrel's accept loop. Any thread.</summary>
internal sealed class HttpListener(EndPoint endPoint) : IConnectionListener
{
    // Unbounded, yet bounded by the limit of connections: each waits here once.
    private readonly Channel<ConnectionContext> _offered = Channel.CreateUnbounded<ConnectionContext>(
        new UnboundedChannelOptions { SingleReader = true });

    public EndPoint EndPoint => endPoint;

    /// <summary>Offers a connection.</summary>
    /// <returns>False once the service is stopping.</returns>
    public bool TryOffer(HttpConnection connection) => _offered.Writer.TryWrite(connection);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _offered.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _offered.Reader.TryRead(out ConnectionContext? connection)
            ? connection
            : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _offered.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}

/// <summary>Gives Kestrel its two listeners.</summary>
internal sealed class HttpListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>The listener of HTTP/1.1.</summary>
    public HttpListener Http1 { get; } = new(new HttpEndPoint(HttpOpening.Http1));

    /// <summary>The listener of HTTP/2.</summary>
    public HttpListener Http2 { get; } = new(new HttpEndPoint(HttpOpening.Http2));

    public bool CanBind(EndPoint endpoint) => endpoint is HttpEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(endpoint is HttpEndPoint { Version: HttpOpening.Http2 } ? Http2 : Http1);
}
