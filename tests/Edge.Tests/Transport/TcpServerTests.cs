using System.Net;
using System.Net.Sockets;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Transport;

/// <summary>config-core §3.1, rules of the server, over real sockets with both transports.</summary>
public sealed class TcpServerTests
{
    private const string Echo = """
        name: test
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: echo }
          echo: { type: echo, kind: server }
        """;

    private const string App = """
        name: test
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: app }
        """;

    public static TheoryData<bool> Transports => [true, false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Bytes_come_back_and_the_peers_end_ends_the_connection(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("hello");
        Assert.Equal("hello"u8.ToArray(), await client.ReadAsync(5));
        await client.SendAsync(" again");
        client.Finish();
        Assert.Equal((" again", false), await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Many_large_conversations_at_once_lose_nothing(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(seed => Task.Run(async () =>
        {
            byte[] bytes = new byte[500_000 + seed];
            new Random(seed).NextBytes(bytes);
            using RawClient client = await RawClient.ConnectAsync(edge.Address);
            Task<byte[]> reading = client.ReadAsync(bytes.Length);
            await client.SendAsync(bytes);
            client.Finish();
            byte[] received = await reading;
            Assert.True(bytes.AsSpan().SequenceEqual(received), $"conversation {seed} came back changed");
        })));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_client_that_does_not_read_stops_being_read(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll, engines: 1);
        using RawClient client = await RawClient.ConnectAsync(edge.Address, receiveBufferBytes: 16 * 1024);
        client.Socket.SendBufferSize = 16 * 1024;
        long sent = await Eventually.StandsStillAsync(
            client.SendWhatFits, async () => Assert.True(await ListeningTests.IsServedAsync(edge.Address)), max: 64_000_000);
        Assert.True(sent > 0);
        client.Socket.Blocking = true;
        Task<byte[]> reading = client.ReadAsync((int)sent);
        client.Finish();
        Assert.Equal(sent, (await reading).Length);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_exit_that_refuses_resets_the_connection(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(App, _ => new App1(_ => null), isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        Assert.Equal(("", true), await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_exit_that_does_not_exist_resets_the_connection(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(App, isEpoll: isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        Assert.Equal(("", true), await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_apps_end_finishes_our_half_only(bool isEpoll)
    {
        var app = new HalfClosingApp();
        await using TestEdge edge = await TestEdge.StartAsync(App, _ => new App1(_ => app), isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        Assert.Equal(("bye", false), await client.ReadToEndAsync());
        await client.SendAsync("still heard");
        client.Finish();
        await Eventually.TrueAsync(() => app.Heard == "still heard", "what comes after our end still arrives");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_apps_abort_reaches_the_peer_as_reset(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(App, _ => new App1(_ => new AbortingApp()), isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("go");
        Assert.Equal(("half an ans", true), await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_peers_reset_reaches_the_app_as_abort(bool isEpoll)
    {
        var app = new HalfClosingApp();
        await using TestEdge edge = await TestEdge.StartAsync(App, _ => new App1(_ => app), isEpoll);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.ReadToEndAsync();
        client.Socket.LingerState = new LingerOption(true, 0);
        client.Socket.Close();
        await Eventually.TrueAsync(() => app.Aborted, "the app hears of the reset");
    }

    [Fact]
    public async Task The_stream_begins_with_the_addresses_of_both_ends()
    {
        string? seen = null;
        await using TestEdge edge = await TestEdge.StartAsync(App, _ => new App1(extension =>
        {
            Assert.True(ProxyBeginEx.TryRead(extension, out ProxyBeginEx proxy));
            seen = $"{System.Text.Encoding.UTF8.GetString(proxy.SourceHost)}:{proxy.SourcePort} > {System.Text.Encoding.UTF8.GetString(proxy.DestinationHost)}:{proxy.DestinationPort}";
            return new HalfClosingApp();
        }));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        string expected = $"{client.Socket.LocalEndPoint} > {edge.Address}";
        await Eventually.TrueAsync(() => seen is not null, "the app was asked");
        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task No_route_closes_the_connection()
    {
        const string Elsewhere = """
            name: test
            bindings:
              net:
                type: tcp
                kind: server
                options: { host: 127.0.0.1, port: 1 }
                routes: [ { when: [ { cidr: 10.0.0.0/8 } ], exit: echo } ]
              echo: { type: echo, kind: server }
            """;
        await using TestEdge edge = await TestEdge.StartAsync(Elsewhere);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        Assert.Equal(("", false), await client.ReadToEndAsync());
    }

    private sealed class App1(Func<byte[], StreamHandler?> accept) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => accept(begin.Extension.ToArray());
    }

    private sealed class HalfClosingApp : StreamHandler
    {
        public string Heard { get; private set; } = "";

        public bool Aborted { get; private set; }

        public override void OnBegin(in BeginFrame frame)
        {
            Port.SendBegin();
            Port.SendWindow(1000);
        }

        public override void OnData(in DataFrame frame) => Heard += System.Text.Encoding.UTF8.GetString(frame.Payload);

        public override void OnWindow(in WindowFrame frame)
        {
            if (Port.TrySendData("bye"u8))
            {
                Port.SendEnd();
            }
        }

        public override void OnAbort(in CloseFrame frame)
        {
            Aborted = true;
            base.OnAbort(frame);
        }
    }

    private sealed class AbortingApp : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame)
        {
            Port.SendBegin();
            Port.SendWindow(1000);
        }

        public override void OnData(in DataFrame frame)
        {
            Port.TrySendData("half an ans"u8);
            Port.Engine.Schedule(50, static state => ((StreamPort)state!).SendAbort(CloseReason.Failed), Port); // The bytes are out by then.
        }
    }
}
