using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Edge.Transport;
using Sluice.Frames.Testing;
using Sluice.ServiceDefaults;

namespace Sluice.Edge.Tests.Transport;

/// <summary>How connections come in: a listening socket per engine on Linux, the stock socket elsewhere. Real sockets.</summary>
public sealed class ListeningTests
{
    private const string Echo = """
        name: test
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: echo }
          echo: { type: echo, kind: server }
        """;

    public static TheoryData<bool> Transports => [true, false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Many_connections_at_once_are_all_served(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        bool[] served = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => IsServedAsync(edge.Address)));
        Assert.DoesNotContain(false, served);
    }

    [Fact]
    public async Task The_stock_transport_deals_connections_to_the_engines_in_turn()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: false);
        List<RawClient> clients = await ConnectAsync(edge.Address, 10);
        Assert.Equal([10, 10], edge.Engines.Engines.Select(engine => engine.StreamCount)); // Five conversations, two ends each.
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task The_kernel_spreads_connections_over_the_listeners_of_the_engines()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "one listener for each engine is for Linux");
        await using TestEdge edge = await TestEdge.StartAsync(Echo);
        List<RawClient> clients = await ConnectAsync(edge.Address, 64);
        Assert.All(edge.Engines.Engines, engine => Assert.True(engine.StreamCount > 0, "one engine got none of 64 connections"));
        clients.ForEach(client => client.Dispose());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Clients_that_reset_before_they_are_accepted_cost_nothing(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        using var gate = new ManualResetEventSlim();
        foreach (Frames.FrameEngine engine in edge.Engines.Engines)
        {
            engine.Post(gate.Wait); // Nobody accepts, or nobody takes what was accepted.
        }

        for (int i = 0; i < 50; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(edge.Address);
            await client.SendAsync("never read");
            client.Socket.LingerState = new LingerOption(true, 0);
            client.Socket.Close();
        }

        gate.Set();
        Assert.True(await IsServedAsync(edge.Address));
        await Eventually.TrueAsync(() => edge.Limit.Count == 0, "their places are free again");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Beyond_the_limit_connections_are_closed_at_once_whichever_engine_they_reach(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll, connectionsMax: 5);
        List<RawClient> clients = [];
        int served = 0;
        for (int i = 0; i < 40; i++)
        {
            RawClient client = await RawClient.ConnectAsync(edge.Address);
            clients.Add(client);
            served += await AnswersAsync(client) ? 1 : 0;
        }

        Assert.Equal(5, served);
        clients.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(() => edge.Limit.Count == 0, "the places are free again");
        Assert.True(await IsServedAsync(edge.Address));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_stop_while_clients_connect_leaves_nobody_waiting(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        IPEndPoint address = edge.Address;
        Task<int>[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            int served = 0;
            while (true)
            {
                try
                {
                    served += await IsServedAsync(address) ? 1 : 0; // Served, or closed; never left without an answer.
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    return served;
                }
            }
        }))];
        await Eventually.TrueAsync(() => edge.Engines.Engines.Sum(engine => engine.Counters.StreamsOpened) > 100, "clients come and go");
        using var deadline = new CancellationTokenSource(5000);
        await edge.StopAsync(deadline.Token);
        int[] served = await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(served.Sum() > 50);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_busy_port_is_one_clear_line(bool isEpoll)
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo, isEpoll: isEpoll);
        await AssertBusyAsync(edge, edge.Transport, owner: 1, edge.Address); // Another binding of the same suite.
    }

    [Fact]
    public async Task A_port_of_another_suite_is_busy_though_it_is_shared_over_there()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Echo);
        await using TestEdge other = await TestEdge.StartAsync(Echo);
        long owner = Configuration.Graph.Labels.Id("test:net");
        await AssertBusyAsync(edge, edge.Transport, owner, other.Address);
        await AssertBusyAsync(edge, new EpollTransport(null), owner, other.Address);
    }

    [Fact]
    public async Task A_port_that_another_program_would_share_is_busy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sharing is for Linux");
        await using TestEdge edge = await TestEdge.StartAsync(Echo);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        byte[] one = new byte[4];
        MemoryMarshal.Write(one, 1);
        stranger.SetRawSocketOption(1, 15, one); // SO_REUSEPORT
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        stranger.Listen();
        await AssertBusyAsync(edge, edge.Transport, owner: 1, (IPEndPoint)stranger.LocalEndPoint!);
    }

    [Fact]
    public async Task The_same_binding_of_the_same_suite_shares_its_port_until_the_last_one_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sharing is for Linux");
        await using TestEdge edge = await TestEdge.StartAsync(Echo);
        int port = FreePort();
        TcpServer first = Server(edge, edge.Transport, owner: 7, port);
        await first.StartAsync(CancellationToken.None);
        TcpServer second = Server(edge, edge.Transport, owner: 7, port);
        await second.StartAsync(CancellationToken.None);
        await first.StopAsync(CancellationToken.None);
        await AssertBusyAsync(edge, edge.Transport, owner: 8, new IPEndPoint(IPAddress.Loopback, port));
        await second.StopAsync(CancellationToken.None);
        TcpServer third = Server(edge, edge.Transport, owner: 8, port);
        await third.StartAsync(CancellationToken.None);
        await third.StopAsync(CancellationToken.None);
    }

    /// <summary>Connects, sends a byte and reads it back; false when the connection was closed instead.</summary>
    internal static async Task<bool> IsServedAsync(IPEndPoint address)
    {
        using RawClient client = await RawClient.ConnectAsync(address);
        return await AnswersAsync(client);
    }

    internal static async Task<bool> AnswersAsync(RawClient client)
    {
        try
        {
            await client.SendAsync("x");
            byte[] buffer = new byte[1];
            using var deadline = new CancellationTokenSource(20_000);
            return await client.Socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<List<RawClient>> ConnectAsync(IPEndPoint address, int count)
    {
        List<RawClient> clients = [];
        for (int i = 0; i < count; i++)
        {
            RawClient client = await RawClient.ConnectAsync(address);
            clients.Add(client);
            Assert.True(await AnswersAsync(client));
        }

        return clients;
    }

    private static TcpServer Server(TestEdge edge, ITcpTransport transport, long owner, int port)
    {
        var options = new TcpServerOptions { Name = "ns:name", Id = owner, Host = "127.0.0.1", Ports = [port], Routes = new TcpRoutes([]) };
        var server = new TcpServer(options, transport, edge.Limit, NullLogger.Instance);
        foreach (Frames.FrameEngine engine in edge.Engines.Engines)
        {
            server.Create(engine);
        }

        return server;
    }

    private static async Task AssertBusyAsync(TestEdge edge, ITcpTransport transport, long owner, IPEndPoint address)
    {
        TcpServer server = Server(edge, transport, owner, address.Port);
        ServiceStartException exception = await Assert.ThrowsAsync<ServiceStartException>(() => server.StartAsync(CancellationToken.None));
        Assert.Equal($"tcp server 'ns:name' cannot listen on {address}: address already in use; free the port or change options.port", exception.Message);
        Assert.Equal(ServiceExitCodes.Failed, exception.ExitCode);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
