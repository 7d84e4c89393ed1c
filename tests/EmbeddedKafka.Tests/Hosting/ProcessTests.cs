using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Hosting;

public sealed class ProcessTests
{
    /// <summary>How often the broker is killed under load; 200 is the long run.</summary>
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("SLUICE_KILL_ROUNDS"), out int kills) ? kills : 4;

    private static async Task InDirectoryAsync(Func<string, Task> run)
    {
        string directory = NewDirectory();
        try
        {
            await run(directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
    }

    [Theory]
    [InlineData("interval")]
    [InlineData("sync")]
    public Task Killed_at_any_moment_it_loses_nothing_acknowledged(string fsync) => InDirectoryAsync(async directory =>
    {
        int port = FreePort();
        string server = $"127.0.0.1:{port}";
        string[] options = ["--fsync", fsync, "--topic", "load:2:segment.bytes=100000;retention.ms=-1"];
        var broker = await BrokerProcess.StartAsync(directory, port, options);
        var acknowledged = new ConcurrentBag<(int Partition, long Offset, string Value)>();
        long committed = 0;
        using var done = new CancellationTokenSource();
        try
        {
            var load = Task.Factory.StartNew(() => Load(server, acknowledged, c => Interlocked.Exchange(ref committed, c), done.Token), TaskCreationOptions.LongRunning);
            for (int kill = 0; kill < Kills; kill++)
            {
                int before = acknowledged.Count;
                int more = Random.Shared.Next(1, 2000);
                await Eventually.TrueAsync(() => acknowledged.Count >= before + more || load.IsCompleted, "records are acknowledged");
                await broker.KillAsync();
                await broker.DisposeAsync();
                broker = await BrokerProcess.StartAsync(directory, port, options);
            }

            await done.CancelAsync();
            await load.WaitAsync(Patience);
            Verify(server, acknowledged, Interlocked.Read(ref committed));
            Assert.Equal(0, await broker.StopAsync());
        }
        finally
        {
            await done.CancelAsync();
            await broker.DisposeAsync();
        }
    });

    [Fact]
    public Task It_stops_cleanly_when_asked() => InDirectoryAsync(async directory =>
    {
        await using var broker = await BrokerProcess.StartAsync(directory);
        Assert.Equal(0, await broker.StopAsync());
        Assert.Contains($"Kafka protocol on 127.0.0.1:{broker.Port}", broker.Output);
        // A start after a clean stop reads indexes, not logs.
        Assert.NotEmpty(Directory.GetFiles(directory, "*.index", SearchOption.AllDirectories));
    });

    [Fact]
    public Task A_busy_port_and_a_directory_in_use_are_one_line_each_and_exit_code_1() => InDirectoryAsync(async directory =>
    {
        await using var first = await BrokerProcess.StartAsync(directory);
        await using var second = BrokerProcess.Launch("--data", Path.Combine(directory, "data"), "--port", "0");
        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains("is in use by another process", Assert.Single(second.Output.Trim().Split('\n')));
        await using var third = BrokerProcess.Launch("--data", Path.Combine(directory, "other"), "--port", $"{first.Port}");
        Assert.Equal(1, await third.ExitAsync());
        Assert.Contains($"port {first.Port} on 127.0.0.1 is in use by another process", Assert.Single(third.Output.Trim().Split('\n')));
    });

    [Fact]
    public async Task A_wrong_option_is_one_line_and_exit_code_2()
    {
        await using var broker = BrokerProcess.Launch("--port", "many");
        Assert.Equal(2, await broker.ExitAsync());
        Assert.Equal(
            "embedded-kafka: --port (or SLUICE_EMBEDDEDKAFKA_PORT) is a number from 0 to 65535, not 'many'", broker.Output.Trim());
    }

    private static void Load(
        string server, ConcurrentBag<(int Partition, long Offset, string Value)> acknowledged, Action<long> committed, CancellationToken done)
    {
        var config = new ProducerConfig { BootstrapServers = server, EnableIdempotence = true, LingerMs = 1, ReconnectBackoffMaxMs = 100 };
        using var producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = server, GroupId = "killed", EnableAutoCommit = false, ReconnectBackoffMaxMs = 100 })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        int open = 0;
        for (int i = 0; !done.IsCancellationRequested; i++)
        {
            string value = i.ToString(CultureInfo.InvariantCulture) + new string('.', 100);
            Interlocked.Increment(ref open);
            producer.Produce(new TopicPartition("load", i & 1), new() { Value = Bytes(value)! }, report =>
            {
                Interlocked.Decrement(ref open);
                if (report.Status == PersistenceStatus.Persisted)
                {
                    acknowledged.Add((report.Partition.Value, report.Offset.Value, value));
                }
            });
            while (Volatile.Read(ref open) > 500 && !done.IsCancellationRequested)
            {
                producer.Poll(TimeSpan.FromMilliseconds(5));
            }

            if (i % 200 == 0)
            {
                try
                {
                    consumer.Commit([new TopicPartitionOffset("load", 0, i)]);
                    committed(i);
                }
                catch (KafkaException)
                {
                    // The broker was away; the next one counts.
                }
            }
        }

        producer.Flush(Patience);
    }

    private static void Verify(string server, ConcurrentBag<(int Partition, long Offset, string Value)> acknowledged, long committed)
    {
        Assert.NotEmpty(acknowledged);
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(
            new ConsumerConfig { BootstrapServers = server, GroupId = "killed", EnableAutoCommit = false, EnablePartitionEof = true, CheckCrcs = true }).Build();
        var stored = new Dictionary<(int, long), string>();
        for (int partition = 0; partition < 2; partition++)
        {
            consumer.Assign(new TopicPartitionOffset("load", partition, Offset.Beginning));
            while (consumer.Consume(Patience) is { IsPartitionEOF: false } record)
            {
                stored.Add((partition, record.Offset.Value), Text(record.Message.Value)!);
            }
        }

        foreach (var (partition, offset, value) in acknowledged)
        {
            Assert.True(stored.TryGetValue((partition, offset), out string? found), $"{partition}@{offset} was acknowledged and is gone");
            Assert.Equal(value, found);
        }

        Assert.Equal(stored.Count, stored.Values.Distinct().Count());
        Assert.True(consumer.Committed([new TopicPartition("load", 0)], Patience)[0].Offset.Value >= committed, "committed offsets are kept");
    }
}
