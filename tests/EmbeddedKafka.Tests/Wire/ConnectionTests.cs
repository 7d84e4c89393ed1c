using System.Buffers.Binary;
using System.Net.Sockets;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class ConnectionTests
{
    private static async Task<TcpClient> ConnectAsync(TestBroker broker)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
        return client;
    }

    private static async Task<byte[]> AskAsync(TcpClient client, string requestHex)
    {
        byte[] body = Convert.FromHexString(requestHex.Replace(" ", ""));
        byte[] frame = new byte[body.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        var stream = client.GetStream();
        await stream.WriteAsync(frame);
        byte[] head = new byte[4];
        await stream.ReadExactlyAsync(head);
        byte[] answer = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
        await stream.ReadExactlyAsync(answer);
        return answer;
    }

    [Fact]
    public async Task An_unknown_ApiVersions_version_is_answered_in_version_0_with_the_list()
    {
        await using var broker = await StartAsync();
        using var client = await ConnectAsync(broker);
        byte[] answer = await AskAsync(client, "0012 0063 00000007 ffff 00");
        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(answer));
        Assert.Equal(35, BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(4)));
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(6)) > 15);
    }

    [Theory]
    [InlineData("7fff 0000 00000009 ffff")] // no such key
    [InlineData("0004 0000 00000009 ffff")] // LeaderAndIsr, between brokers only
    [InlineData("0000 0002 00000009 ffff")] // Produce in message format 1
    [InlineData("0001 0000 00000009 ffff")] // Fetch in message format 0
    public async Task What_is_not_served_is_told_so_and_the_connection_lives_on(string request)
    {
        await using var broker = await StartAsync();
        using var client = await ConnectAsync(broker);
        Assert.Equal(Convert.FromHexString("000000090023"), await AskAsync(client, request));
        Assert.Equal(0, BinaryPrimitives.ReadInt16BigEndian((await AskAsync(client, "0012 0000 00000001 ffff")).AsSpan(4)));
    }

    [Theory]
    [InlineData("ffffffff")] // a negative size
    [InlineData("7fffffff")] // 2 GiB
    [InlineData("00000003 000000")] // too short for a header
    [InlineData("0000000c 0003 0001 00000001 ffff 7fffffff 00")] // metadata of 2 billion topics
    [InlineData("05000000 0003 0001")] // 80 MiB of metadata request
    public async Task Nonsense_closes_the_connection_and_nothing_else(string bytes)
    {
        await using var broker = await StartAsync();
        using var client = await ConnectAsync(broker);
        var stream = client.GetStream();
        await stream.WriteAsync(Convert.FromHexString(bytes.Replace(" ", "")));
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        await Eventually.TrueAsync(() => broker.Broker.Connections == 0, "the connection is forgotten");
        Assert.Equal(0, await broker.ProduceAsync("alive", "k", "v"));
    }

    [Fact]
    public async Task Connections_above_the_limit_are_closed_and_room_is_made_again()
    {
        await using var broker = await StartAsync(o => o with { ConnectionsMax = 2 });
        using var first = await ConnectAsync(broker);
        using (var second = await ConnectAsync(broker))
        {
            await Eventually.TrueAsync(() => broker.Broker.Connections == 2, "two connections");
            using var third = await ConnectAsync(broker);
            Assert.Equal(0, await third.GetStream().ReadAsync(new byte[1]));
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections == 1, "one connection");
        using var fourth = await ConnectAsync(broker);
        Assert.NotEmpty(await AskAsync(fourth, "0012 0000 00000001 ffff"));
    }

    [Fact]
    public async Task A_stop_while_clients_come_and_stay_waits_for_none_of_them()
    {
        for (int round = 0; round < 20; round++)
        {
            await using var broker = await StartAsync();
            using var stop = new CancellationTokenSource();
            Task[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                var all = new List<TcpClient>();
                try
                {
                    while (!stop.IsCancellationRequested)
                    {
                        all.Add(await ConnectAsync(broker));
                    }
                }
                catch (SocketException)
                {
                    // The broker is gone.
                }

                await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default); // They stay.
                all.ForEach(client => client.Dispose());
            }))];
            await Eventually.TrueAsync(() => broker.Broker.Connections > 20, "clients come");
            await broker.Broker.DisposeAsync().AsTask().WaitAsync(Patience);
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }
    }

    [Fact]
    public async Task Clients_that_leave_at_once_are_forgotten()
    {
        await using var broker = await StartAsync();
        for (int i = 0; i < 2000; i++)
        {
            using var client = await ConnectAsync(broker);
            client.LingerState = new LingerOption(true, 0);
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections == 0, "no connection", found: () => $"{broker.Broker.Connections}");
    }
}
