using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace Sluice.Bench.Load;

/// <summary>EmbeddedKafka alone, driven by librdkafka from this process: throughput, end-to-end latency, memory while 5 GB pass.</summary>
internal static class KafkaBench
{
    private const int RecordBytes = 1024;
    private const int PacedPerSecond = 1000;
    private const long PassedBytes = 5_000_000_000;

    public static async Task RunAsync(LoadOptions options)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-bench-").FullName;
        using Process broker = await StartAsync(directory).ConfigureAwait(false);
        try
        {
            string server = "127.0.0.1:" + await File.ReadAllTextAsync(Path.Combine(directory, "port")).ConfigureAwait(false);
            Produce(server, "warm", TimeSpan.FromSeconds(options.WarmUpSeconds), long.MaxValue);
            var clock = Stopwatch.StartNew();
            long produced = Produce(server, "load", TimeSpan.FromSeconds(options.Seconds), long.MaxValue);
            Figures.Print("produce_per_s", produced / clock.Elapsed.TotalSeconds);
            Figures.Print("consume_per_s", Consume(server, "load", produced));

            double[] latenciesMs = Latencies(server, PacedPerSecond * options.Seconds);
            Figures.Print("e2e_p50_ms", latenciesMs[latenciesMs.Length / 2]);
            Figures.Print("e2e_p99_ms", latenciesMs[latenciesMs.Length * 99 / 100]);

            Figures.Print("rss_mb_max", MemoryWhilePassing(server, broker));
            Figures.Print("cpu_s_embedded-kafka", broker.TotalProcessorTime.TotalSeconds);
        }
        finally
        {
            broker.Kill();
            await broker.WaitForExitAsync().ConfigureAwait(false);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<Process> StartAsync(string directory)
    {
        string program = Path.Combine(Repository.Root, "EmbeddedKafka", "bin", "local", "Release", "net10.0", "Sluice.EmbeddedKafka.dll");
        string portFile = Path.Combine(directory, "port");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                program, "--data", Path.Combine(directory, "data"), "--port", "0", "--port-file", portFile,
                "--topic", "passing:1:retention.bytes=500000000;segment.bytes=100000000",
            ]) { RedirectStandardOutput = true };
        start.Environment["SLUICE_PARENT_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Process broker = Process.Start(start) ?? throw new IOException("the broker did not start");
        broker.OutputDataReceived += (_, _) => { };
        broker.BeginOutputReadLine();
        while (!File.Exists(portFile))
        {
            if (broker.HasExited)
            {
                throw new IOException("the broker did not start");
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        return broker;
    }

    private static IProducer<Null, byte[]> Producer(string server, double lingerMs) => new ProducerBuilder<Null, byte[]>(new ProducerConfig
    {
        BootstrapServers = server, Acks = Acks.All, LingerMs = lingerMs, QueueBufferingMaxMessages = 200_000, DeliveryReportFields = "none",
    }).Build();

    private static IConsumer<Ignore, byte[]> Consumer(string server) => new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
    {
        BootstrapServers = server, GroupId = "bench", EnableAutoCommit = false, ConsumeResultFields = "none",
    }).Build();

    /// <summary>Produces until time or count is up and everything is acknowledged; gives the number acknowledged.</summary>
    private static long Produce(string server, string topic, TimeSpan time, long count, Func<long, bool>? mayGoOn = null)
    {
        using var producer = Producer(server, 5);
        var value = new byte[RecordBytes];
        Random.Shared.NextBytes(value);
        var message = new Message<Null, byte[]> { Value = value };
        long acknowledged = 0;
        Action<DeliveryReport<Null, byte[]>> report = r => acknowledged += r.Error.IsError ? 0 : 1;
        var clock = Stopwatch.StartNew();
        for (long i = 0; i < count && clock.Elapsed < time; i++)
        {
            while (mayGoOn?.Invoke(i) == false && clock.Elapsed < time)
            {
                producer.Poll(TimeSpan.FromMilliseconds(1));
            }

            while (true)
            {
                try
                {
                    producer.Produce(topic, message, report);
                    break;
                }
                catch (ProduceException<Null, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(1));
                }
            }
        }

        producer.Flush();
        return acknowledged;
    }

    private static double Consume(string server, string topic, long count, Action<long>? progress = null)
    {
        using var consumer = Consumer(server);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        consumer.Consume();
        var clock = Stopwatch.StartNew();
        for (long i = 1; i < count; i++)
        {
            if (consumer.Consume(TimeSpan.FromSeconds(30)) is null)
            {
                throw new TimeoutException($"record {i} of {count} did not come");
            }

            progress?.Invoke(i);
        }

        return (count - 1) / clock.Elapsed.TotalSeconds;
    }

    // Each record carries the moment it was meant to be sent, so a stall counts for everything it delays.
    private static double[] Latencies(string server, int count)
    {
        using var producer = Producer(server, 0);
        producer.ProduceAsync("paced", new() { Value = new byte[RecordBytes] }).GetAwaiter().GetResult();
        var latenciesMs = new double[count];
        using var ready = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            using var consumer = Consumer(server);
            consumer.Assign(new TopicPartitionOffset("paced", 0, 0));
            consumer.Consume();
            ready.Set();
            for (int i = 0; i < count; i++)
            {
                long sent = BitConverter.ToInt64(consumer.Consume().Message.Value);
                latenciesMs[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            }
        });
        reader.Start();
        ready.Wait();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            long due = start + (i * Stopwatch.Frequency / PacedPerSecond);
            while (Stopwatch.GetTimestamp() < due)
            {
                Thread.Yield();
            }

            var value = new byte[RecordBytes];
            BitConverter.TryWriteBytes(value, due);
            producer.Produce("paced", new() { Value = value });
        }

        reader.Join();
        Array.Sort(latenciesMs);
        return latenciesMs;
    }

    private static double MemoryWhilePassing(string server, Process broker)
    {
        long count = PassedBytes / RecordBytes;
        long consumed = 0;
        // The reader may fall behind by half of what the topic retains, or it would find its records gone.
        const long LagMax = 250_000;
        var reader = new Thread(() => Consume(server, "passing", count, i => Volatile.Write(ref consumed, i)));
        reader.Start();
        double most = 0;
        using (new Timer(_ => most = Math.Max(most, ResidentMb(broker)), null, 0, 100))
        {
            Produce(server, "passing", TimeSpan.FromMinutes(2), count, sent => sent - Volatile.Read(ref consumed) < LagMax);
            reader.Join();
        }

        return most;
    }

    private static double ResidentMb(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / 1e6;
    }
}
