using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Sluice.EmbeddedKafka.Tests;

/// <summary>A broker on a free port with its log in a temporary directory, and clients for it.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly bool _ownsDirectory;

    private TestBroker(EmbeddedBroker broker, BrokerOptions options, bool ownsDirectory) =>
        (Broker, Options, _ownsDirectory) = (broker, options, ownsDirectory);

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public EmbeddedBroker Broker { get; private set; }

    public BrokerOptions Options { get; }

    public string Server => Broker.BootstrapServer;

    public static string NewDirectory() => Directory.CreateTempSubdirectory("sluice-kafka-").FullName;

    public static async Task<TestBroker> StartAsync(Func<BrokerOptions, BrokerOptions>? change = null, string? directory = null)
    {
        var options = new BrokerOptions { DataDirectory = directory ?? NewDirectory(), Port = 0, CleanIntervalMs = 20, FlushIntervalMs = 20 };
        options = change?.Invoke(options) ?? options;
        return new TestBroker(await EmbeddedBroker.StartAsync(options), options, directory is null);
    }

    public async Task RestartAsync()
    {
        await Broker.DisposeAsync();
        Broker = await EmbeddedBroker.StartAsync(Options with { Port = 0 });
    }

    public IProducer<byte[], byte[]> Producer(Action<ProducerConfig>? change = null)
    {
        var config = new ProducerConfig { BootstrapServers = Server, LingerMs = 0, MessageTimeoutMs = 15000, AllowAutoCreateTopics = true };
        change?.Invoke(config);
        return new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }

    public IConsumer<byte[], byte[]> Consumer(string group = "tests", Action<ConsumerConfig>? change = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = Server,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            SessionTimeoutMs = 6000,
            HeartbeatIntervalMs = 100,
        };
        change?.Invoke(config);
        return new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }

    public IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Server }).SetLogHandler((_, _) => { }).Build();

    public async Task CreateAsync(string topic, int partitions = 1, params (string Key, string Value)[] config)
    {
        using var admin = Admin();
        await admin.CreateTopicsAsync(
        [
            new TopicSpecification
            {
                Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = config.ToDictionary(c => c.Key, c => c.Value),
            },
        ]);
    }

    public async Task<long> ProduceAsync(string topic, string? key, string? value, Action<ProducerConfig>? change = null)
    {
        using var producer = Producer(change);
        return (await producer.ProduceAsync(topic, Message(key, value))).Offset.Value;
    }

    /// <summary>Waits until a fetch lies at the broker that has nothing for it; what the consumer has not got by then it will not get either.</summary>
    public async Task FetchWaitsAsync(string topic, IConsumer<byte[], byte[]> consumer)
    {
        await Eventually.TrueAsync(() => Broker.Inner.Topics.Find(topic, 0)!.Waiters.Count > 0, "a fetch waits");
        Assert.Null(consumer.Consume(TimeSpan.Zero));
    }

    /// <summary>Reads a partition from its beginning until the given number of records came, or its end.</summary>
    public List<ConsumeResult<byte[], byte[]>> ReadAll(string topic, int partition = 0, int? count = null, Action<ConsumerConfig>? change = null)
    {
        using var consumer = Consumer(change: c =>
        {
            c.EnablePartitionEof = true;
            change?.Invoke(c);
        });
        consumer.Assign(new TopicPartitionOffset(topic, partition, Offset.Beginning));
        var records = new List<ConsumeResult<byte[], byte[]>>();
        var deadline = DateTime.UtcNow + Patience;
        while (DateTime.UtcNow < deadline && records.Count != count)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is not { } result)
            {
                continue;
            }

            if (result.IsPartitionEOF)
            {
                break;
            }

            records.Add(result);
        }

        return records;
    }

    public static Message<byte[], byte[]> Message(string? key, string? value) => new() { Key = Bytes(key)!, Value = Bytes(value)! };

    public static byte[]? Bytes(string? text) => text is null ? null : System.Text.Encoding.UTF8.GetBytes(text);

    public static string? Text(byte[]? bytes) => bytes is null ? null : System.Text.Encoding.UTF8.GetString(bytes);

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        if (_ownsDirectory)
        {
            Directory.Delete(Options.DataDirectory, recursive: true);
        }
    }
}
