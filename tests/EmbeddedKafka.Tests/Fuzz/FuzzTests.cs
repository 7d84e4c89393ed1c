using System.Buffers.Binary;
using System.Net.Sockets;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Net;
using Sluice.EmbeddedKafka.Wire;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Fuzz;

/// <summary>Each run has its own seed, printed on failure; SLUICE_FUZZ_SEED replays one, SLUICE_FUZZ_ROUNDS makes it longer.</summary>
public sealed class FuzzTests
{
    private static readonly int Seed =
        int.TryParse(Environment.GetEnvironmentVariable("SLUICE_FUZZ_SEED"), out int seed) ? seed : Random.Shared.Next();

    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("SLUICE_FUZZ_ROUNDS"), out int rounds) ? rounds : 20_000;

    private static Task<TestBroker> BrokerAsync() => StartAsync(o => o with
    {
        Topics = [TopicSpec.Parse("items:2"), TopicSpec.Parse("compacted:2:cleanup.policy=compact")],
    });

    [Fact]
    public async Task No_request_makes_a_handler_throw()
    {
        await using var broker = await BrokerAsync();
        var random = new Random(Seed);
        for (int round = 0; round < Rounds; round++)
        {
            var api = ApiTable.All[random.Next(ApiTable.All.Length)];
            short version = (short)random.Next(api.ServedFrom, api.VersionMax + 1);
            byte[] body = Requests.Body(random, api, version);
            // Joins, syncs and fetches may wait; here they get no time to.
            var request = new Request(broker.Broker.Inner, Requests.Peer(new CancellationToken(canceled: true)));
            request.Set(api, version, round, "fuzz", (byte[])body.Clone());
            using var reply = new WireWriter(broker.Broker.Inner.Memory) { Flexible = api.IsFlexible(version) };
            try
            {
                await api.HandleAsync(request, reply);
            }
            catch (OperationCanceledException)
            {
                // Would have waited.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}, {api.Key} v{version}, body {Convert.ToHexString(body)}: {e}");
            }
        }

        Assert.Equal(0, broker.Broker.Inner.Memory.UsedBytes);
        await broker.RestartAsync();
        Assert.True(await broker.ProduceAsync("items", "k", "still alive") >= 0);
    }

    [Fact]
    public async Task No_bytes_on_a_socket_harm_the_broker()
    {
        await using var broker = await BrokerAsync();
        var random = new Random(Seed);
        for (int round = 0; round < Rounds / 50; round++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
            var stream = client.GetStream();
            try
            {
                for (int frames = random.Next(1, 4); frames > 0; frames--)
                {
                    await stream.WriteAsync(Frame(random));
                }

                if (random.Next(3) == 0)
                {
                    client.Client.Shutdown(SocketShutdown.Send);
                    await stream.ReadAsync(new byte[100]).AsTask().WaitAsync(Patience);
                }
            }
            catch (IOException)
            {
                // Closed on us, as nonsense deserves.
            }
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections == 0, $"all connections end (seed {Seed})");
        Assert.True(await broker.ProduceAsync("items", "k", "still alive") >= 0);
    }

    [Fact]
    public async Task A_request_that_waits_is_given_up_when_its_peer_has_closed_whatever_was_sent_behind_it()
    {
        await using var broker = await BrokerAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
        // Fetch v4 of items-0 from its end: an hour's wait for one byte.
        await client.GetStream().WriteAsync(Convert.FromHexString(
            "0000003a" + "0001" + "0004" + "00000001" + "ffff" + "ffffffff" + "0036ee80" + "00000001" + "00100000" + "00"
            + "00000001" + "0005" + "6974656d73" + "00000001" + "00000000" + "0000000000000000" + "00100000"));
        await Eventually.TrueAsync(() => broker.Broker.Connections == 1, "it is connected");
        byte[] behind = Convert.FromHexString(string.Concat(Enumerable.Repeat("0000000a" + "0012" + "0000" + "00000002" + "ffff", 3_000))); // ApiVersions
        await client.GetStream().WriteAsync(behind); // More than is read ahead.
        client.Client.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => broker.Broker.Connections == 0, "its connection ends");
    }

    [Fact]
    public async Task Announced_sizes_take_no_memory()
    {
        await using var broker = await BrokerAsync();
        var clients = new List<TcpClient>();
        for (int i = 0; i < 200; i++)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
            // 100 MiB of Produce, of which the first bytes come.
            await client.GetStream().WriteAsync(Convert.FromHexString("06400000" + "0000" + "0009" + "00000001" + "ffff"));
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections == 200, "all are connected");
        Assert.Equal(0, broker.Broker.Inner.Memory.UsedBytes);
        Assert.True(await broker.ProduceAsync("items", "k", "still alive") >= 0);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Memory_for_large_requests_is_bounded_for_all_connections_together()
    {
        await using var broker = await StartAsync(o => o with { BufferBytesMax = 4 * 1024 * 1024 });
        byte[] half = new byte[3 * 1024 * 1024];
        Convert.FromHexString("06400000" + "0000" + "0009" + "00000001" + "ffff").CopyTo(half, 0);
        var clients = new List<TcpClient>();
        int refused = 0;
        for (int i = 0; i < 5; i++)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
            try
            {
                await client.GetStream().WriteAsync(half);
                using var soon = new CancellationTokenSource(500);
                refused += await client.GetStream().ReadAsync(new byte[1], soon.Token) == 0 ? 1 : 0;
            }
            catch (OperationCanceledException)
            {
                // Accepted: the broker waits for the rest.
            }
            catch (IOException)
            {
                refused++;
            }
        }

        Assert.True(refused >= 3, $"{refused} of 5 were refused");
        Assert.InRange(broker.Broker.Inner.Memory.UsedBytes, 0, 4 * 1024 * 1024);
        clients.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(() => broker.Broker.Inner.Memory.UsedBytes == 0, "everything is given back");
        Assert.Equal(0, await broker.ProduceAsync("items", "k", "served again"));
    }

    [Fact]
    public void No_damage_to_records_gets_past_the_reader()
    {
        var random = new Random(Seed);
        for (int round = 0; round < Rounds; round++)
        {
            var builder = new BatchBuilder(1000);
            builder.Add(1000, "key"u8, true, "value"u8);
            builder.Add(1001, "other"u8, false, default);
            byte[] batch = builder.Build().ToArray();
            for (int flips = random.Next(1, 5); flips > 0; flips--)
            {
                batch[random.Next(Batch.HeaderBytes, batch.Length)] = (byte)random.Next(256);
            }

            var reader = new RecordReader(batch.AsSpan(Batch.HeaderBytes));
            int records = 0;
            while (reader.TryNext())
            {
                records++;
            }

            Assert.True(records <= batch.Length, $"seed {Seed}, round {round}");
        }
    }

    [Fact]
    public void No_compressed_rubbish_harms_the_broker()
    {
        var random = new Random(Seed);
        byte[] text = new byte[5000];
        foreach (var codec in (Codec[])[Codec.Gzip, Codec.Snappy, Codec.Lz4, Codec.Zstd])
        {
            byte[] sound = Compression.Deflate(codec, text);
            Assert.True(Compression.TryInflate(codec, sound, out byte[] inflated) && inflated.Length == text.Length, $"{codec}");
            for (int round = 0; round < 1000; round++)
            {
                byte[] damaged = (byte[])sound.Clone();
                for (int flips = random.Next(1, 5); flips > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                Compression.TryInflate(codec, damaged.AsSpan(0, random.Next(damaged.Length)), out _);
                Compression.TryInflate(codec, damaged, out _);
            }
        }
    }

    [Fact]
    public void A_bomb_is_defused()
    {
        byte[] bomb = Compression.Deflate(Codec.Gzip, new byte[Compression.InflatedBytesMax + 1]);
        Assert.True(bomb.Length < 2_000_000);
        Assert.False(Compression.TryInflate(Codec.Gzip, bomb, out _));
    }

    private static byte[] Frame(Random random)
    {
        if (random.Next(4) == 0)
        {
            byte[] noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            return noise;
        }

        var api = ApiTable.All[random.Next(ApiTable.All.Length)];
        short version = (short)random.Next(api.VersionMin, api.VersionMax + 1);
        byte[] body = Requests.Body(random, api, version);
        byte[] frame = new byte[4 + 8 + 2 + (api.IsFlexible(version) ? 1 : 0) + body.Length];
        int size = random.Next(20) == 0 ? random.Next() : frame.Length - 4;
        BinaryPrimitives.WriteInt32BigEndian(frame, size);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(4), (short)api.Key);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), version);
        frame.AsSpan(12, 2).Fill(0xFF);
        body.CopyTo(frame, frame.Length - body.Length);
        return frame;
    }
}
