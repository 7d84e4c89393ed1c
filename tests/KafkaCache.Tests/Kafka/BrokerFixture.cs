using System.Text;
using Confluent.Kafka;
using Sluice.EmbeddedKafka;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Client;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Produce;
using Sluice.KafkaCache.Segments;
using Sluice.KafkaCache.Tests.Fetch;
using Sluice.KafkaCache.Tests.Produce;

namespace Sluice.KafkaCache.Tests.Kafka;

/// <summary>A broker, a cache on librdkafka, and one engine that runs both bindings. Leaves nothing behind.</summary>
internal sealed class BrokerFixture : IAsyncDisposable
{
    public const long Origin = 1;
    public const long Server = 2;
    public const long Client = 3;

    private readonly string _root = Directory.CreateTempSubdirectory("sluice-cache-").FullName;
    private readonly List<TopicReader> _readers = [];
    private readonly List<ScriptedStream> _followers = [];
    private EmbeddedBroker? _broker;
    private FetchLoop? _fetch;
    private ProducerSet? _producers;
    private ProduceBudget _budget = new(1);

    public TestEngine Engine { get; } = new();

    public LogList Log { get; } = new();

    public int Port { get; private set; }

    public string Servers => $"127.0.0.1:{Port}";

    public ProduceBudget Budget => _budget;

    public FetchStatus FetchStatus => _fetch!.Status;

    /// <summary>How often topics that are there are looked at, in milliseconds.</summary>
    public int LookMs { get; init; } = 10_000;

    public async Task StartBrokerAsync(params TopicSpec[] topics)
    {
        _broker = await EmbeddedBroker.StartAsync(new BrokerOptions
        {
            DataDirectory = Path.Combine(_root, "broker"), Port = Port, Topics = topics, AutoCreateTopics = false,
        });
        Port = _broker.Port;
    }

    public async Task StopBrokerAsync()
    {
        await _broker!.DisposeAsync();
        _broker = null;
    }

    public void StartCache(ProduceSettings? produce = null, params string[] bootstrap)
    {
        ProduceSettings settings = produce ?? new ProduceSettings();
        var limits = new TopicLimits();
        var status = new FetchStatus("test:cache", Servers, Log);
        _fetch = new FetchLoop(new FetchSettings("test:cache", bootstrap, new HashSet<string>()) { LookMs = LookMs }, new FetchContext(
            "test:cache", new ConfluentReader("test:cache", Servers, "sluice", Log),
            CacheDirectory.Create(Path.Combine(_root, "cache"), "test:cache"), limits, status, Log));
        var produceStatus = new ProduceStatus("test:client", Servers, settings, Log);
        _budget = new ProduceBudget(settings.BudgetBytes);
        _producers = new ProducerSet(acks => new BurstProducer(new ConfluentProducer("test:client", Servers, "sluice", acks, settings, produceStatus, Log)));
        FrameEngine engine = Engine.Engine;
        engine.Attach(Server, new CacheServerBinding(engine, Server, Client, _fetch));
        engine.Attach(Client, new KafkaClientBinding(
            new ProduceScope("test:client", engine, _producers, _budget, new DeliveryInbox(engine), limits, settings, Log)));
        _fetch.Start();
    }

    public IProducer<string?, string?> OutsideProducer() => new ProducerBuilder<string?, string?>(
        new ProducerConfig { BootstrapServers = Servers, LingerMs = 0, MessageMaxBytes = 50_000_000 }).Build();

    public TopicReader Follow(string topic, int deadlineMs = 15_000)
    {
        var follower = new ScriptedStream();
        Engine.Engine.Open(follower, Origin, Server, KafkaBeginEx.WriteTopic(ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic)));
        _followers.Add(follower);
        Engine.TurnUntil(() => follower.BeginExtension is not null, deadlineMs);
        return Open(follower);
    }

    public TopicReader Open(ScriptedStream follower)
    {
        Assert.True(KafkaReplyEx.TryRead(follower.BeginExtension, out KafkaReplyEx reply));
        TopicReader reader = TopicReader.TryOpen(Encoding.UTF8.GetString(reply.Path), out string? error) ?? throw new InvalidOperationException(error);
        _readers.Add(reader);
        return reader;
    }

    public ScriptedStream OpenProduce(string topic, int partition = 0, KafkaAcks acks = KafkaAcks.InSyncReplicas)
    {
        var sender = new ScriptedStream();
        Engine.Engine.Open(sender, Origin, Server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic), partition, acks));
        return sender;
    }

    /// <summary>Sends a record in as many pieces as it takes, and the end.</summary>
    public void Send(ScriptedStream sender, string? key, string? value, params (string Name, string? Value)[] headers)
    {
        Engine.TurnUntil(() => sender.Port.SendableBytes > 0 || sender.Port.IsOver);
        byte[] extension = ProduceStreamTests.Extension(key, value?.Length ?? 0, headers);
        if (value is null)
        {
            Assert.True(sender.Port.TrySendNull(extension));
        }

        for (int sent = 0; value is not null && (sent == 0 || sent < value.Length);)
        {
            Engine.TurnUntil(() => sender.Port.SendableBytes > 0 || sender.Port.IsOver);
            if (sender.Port.IsOver)
            {
                return;
            }

            int bytes = Math.Min(sender.Port.SendableBytes, value.Length - sent);
            bool isLast = sent + bytes == value.Length;
            sender.Send(value.Substring(sent, bytes), (sent == 0 ? DataFlags.Init : 0) | (isLast ? DataFlags.Fin : 0), sent == 0 ? extension : null);
            sent += bytes;
            if (isLast)
            {
                break;
            }
        }

        sender.Port.SendEnd();
    }

    /// <summary>Produces one record and waits for how it fares: its offset, or minus its error less 1000.</summary>
    public long Produce(string topic, string? key, string? value, params (string Name, string? Value)[] headers)
    {
        ScriptedStream sender = OpenProduce(topic);
        Send(sender, key, value, headers);
        Engine.TurnUntil(() => sender.Port.IsOver, 30_000);
        int at = sender.Log.IndexOf("FLUSH");
        if (at >= 0)
        {
            Assert.True(KafkaFlushEx.TryRead(sender.Extensions[at], out KafkaFlushEx flush));
            return flush.Offset;
        }

        at = sender.Log.FindIndex(line => line is "RESET Refused" or "ABORT Refused"); // ABORT alone when the sender had ended.
        return -1000 - KafkaCloseEx.ReadError(sender.Extensions[at])!.Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ScriptedStream follower in _followers)
        {
            follower.Port.Close(CloseReason.Cancelled);
        }

        _producers?.Dispose();
        Engine.TurnUntil(() => _budget.UsedBytes == 0 || _producers is null);
        Engine.Dispose();
        _fetch?.Dispose();
        _readers.ForEach(reader => reader.Dispose());
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        string cache = Path.Combine(_root, "cache");
        string[] left = Directory.Exists(cache) ? Directory.GetFiles(cache, "*", SearchOption.AllDirectories) : [];
        Directory.Delete(_root, recursive: true);
        Assert.Empty(left);
        Assert.Equal(0, Log.Count(5012));
    }
}
