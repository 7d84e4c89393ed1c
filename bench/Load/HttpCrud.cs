using System.Net;
using System.Text;
using Confluent.Kafka;

namespace Sluice.Bench.Load;

/// <summary>REST over Kafka through the whole suite with its default configuration: POST new items, GET one of a thousand, GET the list of 100.</summary>
internal static class HttpCrud
{
    private const int Items = 1000;
    private const int ReadyMsMax = 30_000;
    private const string Body = """{"name":"a plain thing","price":9.5,"stock":120,"tags":["small","blue"],"note":"about one hundred bytes"}""";

    private const int PacedPerSecond = 2000;
    private const string Broker = "127.0.0.1:9092";

    private static readonly IPEndPoint Address = new(IPAddress.Loopback, 7114);

    public static async Task RunAsync(LoadOptions options)
    {
        await using SuiteProcess suite = await SuiteProcess.StartAsync("examples/quickstart/sluice.yaml", Address).ConfigureAwait(false);
        await ReadyAsync().ConfigureAwait(false);
        await FillAsync().ConfigureAwait(false);

        await PhaseAsync(suite, "get", options, random => Get($"/items/{random.Next(Items)}"), 200).ConfigureAwait(false);
        await PhaseAsync(suite, "post", options, _ => Write("POST", "/items"), 204).ConfigureAwait(false);
        await LatencyAsync(options).ConfigureAwait(false);
        foreach ((string service, double megabytes) in suite.ResidentMb().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"rss_mb_{service}", megabytes);
        }
    }

    // Edge listens a moment before the rooms behind it are joined; until then it answers 503.
    private static async Task ReadyAsync()
    {
        long deadline = Environment.TickCount64 + ReadyMsMax;
        while (true)
        {
            using var connection = new HttpConnection();
            await connection.ConnectAsync(Address).ConfigureAwait(false);
            int status = await connection.SendAsync(Get("/items")).ConfigureAwait(false);
            if (status == 200)
            {
                return;
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new TimeoutException($"GET /items still answers {status} after {ReadyMsMax / 1000} s");
            }

            await Task.Delay(50).ConfigureAwait(false);
        }
    }

    private static async Task FillAsync()
    {
        using var connection = new HttpConnection();
        await connection.ConnectAsync(Address).ConfigureAwait(false);
        for (int i = 0; i < Items; i++)
        {
            int status = await connection.SendAsync(Write("PUT", $"/items/{i}")).ConfigureAwait(false);
            if (status != 204)
            {
                throw new IOException($"PUT /items/{i} answered {status}, expected 204");
            }
        }
    }

    private static async Task PhaseAsync(SuiteProcess suite, string name, LoadOptions options, Func<Random, ReadOnlyMemory<byte>> request, int status)
    {
        Dictionary<string, double> before = CpuSeconds(suite);
        var phase = new LoadPhase(Address, options.Connections, request, status);
        await phase.RunAsync(options.WarmUpSeconds, options.Seconds).ConfigureAwait(false);
        Figures.Print($"{name}_rps", phase.RequestsPerSecond);
        Figures.Print($"{name}_p50_ms", phase.LatencyMs(50));
        Figures.Print($"{name}_p99_ms", phase.LatencyMs(99));

        // What a request costs holds on a busy machine too, where rates do not.
        foreach ((string process, double seconds) in CpuSeconds(suite).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"{name}_cpu_us_{process}", (seconds - before.GetValueOrDefault(process)) * 1e6 / phase.Answers);
        }
    }

    // What a POST adds to what a Kafka client of one's own would take: the same records to the same topic, at a rate that both bear with ease.
    private static async Task LatencyAsync(LoadOptions options)
    {
        var http = new PacedPhase(options.Connections, PacedPerSecond);
        ReadOnlyMemory<byte> post = Write("POST", "/items");
        await http.RunAsync(options.WarmUpSeconds, options.Seconds, async () =>
        {
            var connection = new HttpConnection();
            await connection.ConnectAsync(Address).ConfigureAwait(false);
            return async () =>
            {
                int status = await connection.SendAsync(post).ConfigureAwait(false);
                if (status != 204)
                {
                    throw new IOException($"POST /items answered {status}, expected 204");
                }
            };
        }).ConfigureAwait(false);

        using IProducer<string, byte[]> producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
        {
            BootstrapServers = Broker, Acks = Acks.All, EnableIdempotence = true, LingerMs = 0, SocketNagleDisable = true,
        }).Build();
        byte[] value = Encoding.ASCII.GetBytes(Body);
        var bare = new PacedPhase(options.Connections, PacedPerSecond);
        await bare.RunAsync(options.WarmUpSeconds, options.Seconds, () => Task.FromResult<Func<Task>>(() => producer.ProduceAsync(
            "items-snapshots",
            new Message<string, byte[]>
            {
                Key = Guid.NewGuid().ToString(), Value = value, Headers = new Headers { { "content-type", "application/json"u8.ToArray() } },
            }))).ConfigureAwait(false);

        Figures.Print("post_paced_ms_avg", http.AverageMs);
        Figures.Print("post_paced_p99_ms", http.LatencyMs(99));
        Figures.Print("bare_paced_ms_avg", bare.AverageMs);
        Figures.Print("bare_paced_p99_ms", bare.LatencyMs(99));
        Figures.Print("post_added_ms_avg", http.AverageMs - bare.AverageMs);
        Figures.Print("post_added_ms_p50", http.LatencyMs(50) - bare.LatencyMs(50));
        Figures.Print("post_added_ms_p99", http.LatencyMs(99) - bare.LatencyMs(99));
    }

    private static Dictionary<string, double> CpuSeconds(SuiteProcess suite)
    {
        Dictionary<string, double> seconds = suite.CpuSeconds();
        seconds["load"] = Environment.CpuUsage.TotalTime.TotalSeconds;
        seconds["all"] = seconds.Values.Sum();
        return seconds;
    }

    private static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nhost: localhost:7114\r\n\r\n");

    private static byte[] Write(string method, string path) => Encoding.ASCII.GetBytes(
        $"{method} {path} HTTP/1.1\r\nhost: localhost:7114\r\ncontent-type: application/json\r\ncontent-length: {Body.Length}\r\n\r\n{Body}");
}
