using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Edge.Kestrel;
using Sluice.Edge.Transport;
using Sluice.Frames;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Kestrel;

/// <summary>An ordinary web application whose Kestrel runs on the engines' sockets, on both transports. Real sockets.</summary>
public sealed class EngineTransportTests
{
    private const string AnyHost = "Host: x\r\n";

    public static TheoryData<bool> Transports => [true, false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Requests_are_answered_on_the_engines_threads(bool isEpoll)
    {
        await using Host host = await Host.StartAsync(isEpoll, async context =>
        {
            await context.Request.Body.CopyToAsync(new MemoryStream());
            await context.Response.WriteAsync(Thread.CurrentThread.Name ?? "none");
        });
        using RawClient client = await RawClient.ConnectAsync(host.Address);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync($"POST / HTTP/1.1\r\n{AnyHost}Content-Length: 5\r\n\r\n");
            await client.SendAsync("hello"); // The body comes later: what waits for it continues where it arrives.
            (string head, string body) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200", head);
            Assert.StartsWith("engine test.", body);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Large_bodies_pass_in_both_directions_at_once(bool isEpoll)
    {
        await using Host host = await Host.StartAsync(isEpoll, context => context.Request.Body.CopyToAsync(context.Response.Body));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(seed => Task.Run(async () =>
        {
            byte[] bytes = new byte[3_000_000 + seed];
            new Random(seed).NextBytes(bytes);
            using var client = new HttpClient();
            using HttpResponseMessage response = await client.PostAsync($"http://{host.Address}/", new ByteArrayContent(bytes));
            byte[] received = await response.Content.ReadAsByteArrayAsync();
            Assert.True(bytes.AsSpan().SequenceEqual(received), $"body {seed} came back changed");
        })));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_app_that_reads_slower_than_the_client_sends_still_gets_all(bool isEpoll)
    {
        await using Host host = await Host.StartAsync(isEpoll, async context =>
        {
            long count = 0;
            byte[] block = new byte[64 * 1024];
            int read;
            while ((read = await context.Request.Body.ReadAsync(block)) > 0)
            {
                count += read;
                await Task.Yield(); // On another thread from here on.
            }

            await context.Response.WriteAsync($"{count}");
        });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{host.Address}/") { Content = new ByteArrayContent(new byte[20_000_000]) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await client.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("20000000", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_client_that_does_not_read_stops_the_app(bool isEpoll)
    {
        long written = 0;
        await using Host host = await Host.StartAsync(isEpoll, engines: 1, handler: async context =>
        {
            byte[] block = new byte[64 * 1024];
            while (context.Request.Path != "/other" && written < 200_000_000)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
                Interlocked.Add(ref written, block.Length);
            }
        });
        using (RawClient client = await RawClient.ConnectAsync(host.Address, receiveBufferBytes: 16 * 1024))
        {
            await client.SendAsync($"GET / HTTP/1.1\r\n{AnyHost}\r\n");
            await Eventually.TrueAsync(() => Volatile.Read(ref written) > 0, "the app writes");
            using RawClient other = await RawClient.ConnectAsync(host.Address);
            await Eventually.StandsStillAsync(
                () => Volatile.Read(ref written),
                async () =>
                {
                    await other.SendAsync($"GET /other HTTP/1.1\r\n{AnyHost}\r\n");
                    await other.ReadResponseAsync();
                },
                max: 50_000_000);
        }

        await Eventually.TrueAsync(() => host.Limit.Count == 0, "the app is stopped by the client's end");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_clients_reset_reaches_the_app(bool isEpoll)
    {
        var aborted = new TaskCompletionSource();
        await using Host host = await Host.StartAsync(isEpoll, async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            await context.Response.Body.FlushAsync();
            await aborted.Task;
        });
        using (RawClient client = await RawClient.ConnectAsync(host.Address))
        {
            await client.SendAsync($"GET / HTTP/1.1\r\n{AnyHost}\r\n");
            await client.ReadUntilAsync("\r\n\r\n");
            client.Socket.LingerState = new LingerOption(true, 0);
            client.Socket.Close();
        }

        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_app_that_aborts_resets_the_connection(bool isEpoll)
    {
        await using Host host = await Host.StartAsync(isEpoll, async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using RawClient client = await RawClient.ConnectAsync(host.Address);
        await client.SendAsync($"GET / HTTP/1.1\r\n{AnyHost}\r\n");
        Assert.True((await client.ReadToEndAsync()).IsReset);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Pipelined_requests_are_answered_in_order(bool isEpoll)
    {
        await using Host host = await Host.StartAsync(isEpoll, context => context.Response.WriteAsync(context.Request.Path.Value!));
        using RawClient client = await RawClient.ConnectAsync(host.Address);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(i => $"GET /{i} HTTP/1.1\r\n{AnyHost}\r\n")));
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal($"/{i}", (await client.ReadResponseAsync()).Body);
        }
    }

    [Fact]
    public async Task A_busy_port_is_told_as_Kestrel_tells_it()
    {
        await using Host host = await Host.StartAsync(isEpoll: true, _ => Task.CompletedTask);
        var factory = new EngineTransportFactory(new EpollTransport(null), host.Engines, null, NullLogger.Instance);
        await Assert.ThrowsAsync<AddressInUseException>(async () => await factory.BindAsync(host.Address));
    }

    /// <summary>A web application on engines.</summary>
    private sealed class Host : IAsyncDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("sluice-kestrel-").FullName;
        private readonly EngineGroup _engines;
        private readonly WebApplication _app;

        private Host(bool isEpoll, int engines, RequestDelegate handler)
        {
            bool hasEpoll = isEpoll && OperatingSystem.IsLinux();
            _engines = EngineGroup.Start(new EngineGroupOptions { Room = "test", EngineCount = engines, RunDirectory = hasEpoll ? _directory : null }, _ => { });
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseEngines()));
            builder.Services.AddSingleton<IConnectionListenerFactory>(
                new EngineTransportFactory(new EpollTransport(hasEpoll ? _directory : null), _engines.Engines, Limit, NullLogger.Instance));
            _app = builder.Build();
            _app.Run(handler);
        }

        public ConnectionLimit Limit { get; } = new(100);

        public IReadOnlyList<FrameEngine> Engines => _engines.Engines;

        public IPEndPoint Address { get; private set; } = null!;

        public static async Task<Host> StartAsync(bool isEpoll, RequestDelegate handler, int engines = 2)
        {
            var host = new Host(isEpoll, engines, handler);
            await host._app.StartAsync();
            host.Address = new IPEndPoint(IPAddress.Loopback, new Uri(host._app.Urls.Single()).Port);
            return host;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            await Eventually.TrueAsync(() => Limit.Count == 0, "all connections are over", found: () => $"{Limit.Count} are left");
            await _engines.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
