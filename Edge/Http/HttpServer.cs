using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Sluice.Edge.Kestrel;

namespace Sluice.Edge.Http;

/// <summary>Kestrel as the HTTP codec of the engines: one server for all http bindings, fed with their connections.</summary>
internal sealed class HttpServer : IDisposable
{
    private readonly HttpListenerFactory _listeners = new();
    private readonly KestrelServer _kestrel;

    public HttpServer(ILoggerFactory loggers, IServiceProvider services)
    {
        var options = new KestrelServerOptions { ApplicationServices = services };
        Configure(options);
        _kestrel = new KestrelServer(Options.Create(options), _listeners, loggers);
    }

    /// <summary>Where connections of a version go.</summary>
    public HttpListener Find(HttpOpening version) => version == HttpOpening.Http2 ? _listeners.Http2 : _listeners.Http1;

    /// <summary>Starts to serve.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _kestrel.StartAsync(new HttpApplication(), cancellationToken);

    /// <summary>Takes no new connection, lets requests end until the token says stop, then closes.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _kestrel.StopAsync(cancellationToken);

    public void Dispose() => _kestrel.Dispose();

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;

        // Bytes of header values pass unchanged in both directions, whatever their encoding.
        options.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        KestrelServerLimits limits = options.Limits;
        limits.MaxRequestHeadersTotalSize = HttpLimits.HeaderBytesMax;
        limits.MaxRequestHeaderCount = HttpLimits.HeaderCountMax;
        limits.MaxRequestLineSize = HttpLimits.StartLineBytesMax;
        limits.MaxRequestBodySize = null; // Streamed; what collects a body has its own limit.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(HttpLimits.KeepAliveSeconds);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(HttpLimits.RequestHeadSeconds);
        limits.MinRequestBodyDataRate = null; // A slow client costs a window, not a thread, and apps that do not read look slow too.
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = HttpLimits.StreamsPerConnectionMax;
        limits.Http2.InitialStreamWindowSize = HttpLimits.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = HttpLimits.ConnectionStreamsWindowBytes;
        limits.Http2.MaxRequestHeaderFieldSize = HttpLimits.HeaderBytesMax;

        Listen(options, _listeners.Http1, HttpProtocols.Http1);
        Listen(options, _listeners.Http2, HttpProtocols.Http2);
    }

    private static void Listen(KestrelServerOptions options, HttpListener listener, HttpProtocols protocols) =>
        options.Listen(listener.EndPoint, listen =>
        {
            listen.Protocols = protocols;
            listen.UseEngines();
        });
}
