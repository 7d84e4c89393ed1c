using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sluice.Configuration;
using Sluice.Edge.Hosting;
using Sluice.Edge.Kestrel;
using Sluice.Edge.Transport;
using Sluice.Frames;

namespace Sluice.Bench.Load;

/// <summary>The servers of <c>bench/run http</c>, each in a process of its own on one core. A line "memory" on standard input is answered
/// with the bytes of live managed objects; the end of the input ends the server.</summary>
internal static class HttpServers
{
    public static async Task RunAsync(string kind, int port)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-http-").FullName;
        string? runDirectory = kind.EndsWith("-stock", StringComparison.Ordinal) ? null : directory; // Engines without one have no epoll.
        await using (kind switch
        {
            "kestrel-engine" => await StartKestrelOnEngineAsync(port, directory).ConfigureAwait(false),
            "kestrel-stock" => await StartKestrelOnStockAsync(port).ConfigureAwait(false),
            "edge-engine" or "edge-stock" => await StartEdgeAsync(HttpEcho(port), runDirectory).ConfigureAwait(false),
            "tcp-engine" or "tcp-stock" => await StartEdgeAsync(TcpEcho(port), runDirectory).ConfigureAwait(false),
            _ => throw new IOException($"there is no http server '{kind}'"),
        })
        {
            while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null)
            {
                await Console.Out.WriteLineAsync(GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    private static string HttpEcho(int port) => $$"""
        name: bench
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: {{port}} }, exit: web }
          web: { type: http, kind: server, exit: echo }
          echo: { type: echo, kind: server }
        """;

    private static string TcpEcho(int port) => $$"""
        name: bench
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: {{port}} }, exit: echo }
          echo: { type: echo, kind: server }
        """;

    private static async Task<IAsyncDisposable> StartEdgeAsync(string configuration, string? runDirectory)
    {
        LoadResult loaded = ConfigurationLoader.LoadText(configuration, "bench.yaml");
        ServiceProvider services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var room = new EdgeRoom(
            loaded.Configuration!, new EdgeRoomOptions { RunDirectory = runDirectory, Engines = new EngineSettings(1, [], EngineSettings.StallMsUsual) }, NullLoggerFactory.Instance, services);
        await room.StartAsync(CancellationToken.None).ConfigureAwait(false);
        return room;
    }

    private static async Task<IAsyncDisposable> StartKestrelOnEngineAsync(int port, string directory)
    {
        EngineGroup engines = EngineGroup.Start(new EngineGroupOptions { Room = "bench", EngineCount = 1, RunDirectory = directory }, _ => { });
        var factory = new EngineTransportFactory(new EpollTransport(directory), engines.Engines, limit: null, NullLogger.Instance);
        return await StartKestrelAsync(factory, port).ConfigureAwait(false);
    }

    // The stock transport at its best on one core: continuations run where the socket completes, on its one event loop.
    private static Task<IAsyncDisposable> StartKestrelOnStockAsync(int port) => StartKestrelAsync(
        new SocketTransportFactory(Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = true, IOQueueCount = 1 }), NullLoggerFactory.Instance), port);

    private static async Task<IAsyncDisposable> StartKestrelAsync(IConnectionListenerFactory transport, int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        options.Limits.MinRequestBodyDataRate = null; // As Edge sets them.
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.UseEngines();
        });
        var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        await server.StartAsync(new EchoApplication(), CancellationToken.None).ConfigureAwait(false);
        return new Stop(server);
    }

    private sealed class Stop(KestrelServer server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            using var deadline = new CancellationTokenSource(500);
            await server.StopAsync(deadline.Token).ConfigureAwait(false);
            server.Dispose();
        }
    }

    /// <summary>Answers with the request's body and content type, with nothing between it and Kestrel.</summary>
    private sealed class EchoApplication : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public async Task ProcessRequestAsync(IFeatureCollection context)
        {
            PipeReader reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            ReadResult result;
            while (!(result = await reader.ReadAsync().ConfigureAwait(false)).IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }

            IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
            response.Headers.ContentLength = result.Buffer.Length;
            response.Headers.ContentType = context.GetRequiredFeature<IHttpRequestFeature>().Headers.ContentType;
            IHttpResponseBodyFeature body = context.GetRequiredFeature<IHttpResponseBodyFeature>();
            await body.StartAsync().ConfigureAwait(false); // As Edge does: the body goes straight into the connection's pipe.
            PipeWriter writer = body.Writer;
            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                writer.Write(piece.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
        }

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }
    }
}
