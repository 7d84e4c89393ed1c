using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Frames;
using Sluice.Frames.Grpc;
using Sluice.KafkaCache.Client;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Produce;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Hosting;

/// <summary>The room at work: one fetch thread for each cache_server, producers for each client, a binding of each on every engine.</summary>
internal sealed class CacheRoom : IAsyncDisposable
{
    private readonly GatewayConfiguration _configuration;
    private readonly CacheOptions _options;
    private readonly ILogger _logger;
    private readonly IServiceProvider _services;
    private readonly TopicLimits _limits = new();
    private readonly ProduceBudget _budget;
    private readonly Dictionary<long, FetchLoop> _caches = [];
    private readonly Dictionary<long, KafkaClient> _clients = [];
    private readonly List<CacheServerBinding> _servers = [];
    private EngineGroup? _engines;
    private bool _isDisposed;

    public CacheRoom(GatewayConfiguration configuration, CacheOptions options, ILoggerFactory loggers, IServiceProvider services)
    {
        _configuration = configuration;
        _options = options;
        _services = services;
        _logger = loggers.CreateLogger("Sluice.KafkaCache");
        _budget = new ProduceBudget(options.Produce.BudgetBytes);
    }

    /// <summary>True once the engines run and links are let in.</summary>
    public bool IsRunning => _engines is not null;

    /// <summary>The engines; null before the start.</summary>
    public EngineGroup? Engines => _engines;

    /// <summary>What is waited for now, a line each; nothing when all is well.</summary>
    public IEnumerable<string> Waits => _caches.Values.Select(cache => cache.Status.Describe())
        .Concat(_clients.Values.Select(client => client.Status.Describe()))
        .OfType<string>();

    /// <summary>Starts everything. A Kafka that is down is no failure: it is waited for.</summary>
    /// <exception cref="IOException">A directory cannot be used; the message says why.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Start()
    {
        IReadOnlyList<BindingConfiguration> own = _configuration.BindingsIn(Room.KafkaCache);
        foreach (BindingConfiguration binding in own.Where(binding => binding.Is("kafka", "client")))
        {
            _clients.Add(binding.Id, MakeClient(binding));
        }

        foreach (BindingConfiguration binding in own.Where(binding => binding.Is("kafka", "cache_server")))
        {
            _caches.Add(binding.Id, MakeCache(binding));
        }

        _engines = EngineGroup.Start(
            new EngineGroupOptions
            {
                Room = "kafka-cache",
                Instance = _options.Instance,
                EngineCount = _options.Engines.Count,
                Cpus = _options.Engines.Cpus,
                StallMs = _options.Engines.StallMs,
                MemoryBytes = _options.MemoryBytes,
                RunDirectory = _options.RunDirectory,
                Observer = new CacheObserver(_configuration, _logger),
            },
            engine => Furnish(engine, own));
        _services.JoinGrpcLinksIfAsked(_engines);
        foreach (FetchLoop cache in _caches.Values)
        {
            cache.Start();
        }

        CacheLog.Started(_logger, _options.Engines.Count, _caches.Count + _clients.Count, _options.CacheDirectory);
    }

    /// <summary>Puts this room's bindings to work on an engine.</summary>
    public void Furnish(FrameEngine engine, IReadOnlyList<BindingConfiguration> own)
    {
        foreach (BindingConfiguration binding in own)
        {
            if (_clients.TryGetValue(binding.Id, out KafkaClient? client))
            {
                engine.Attach(binding.Id, new KafkaClientBinding(new ProduceScope(
                    binding.QualifiedName, engine, client.Producers, _budget, new DeliveryInbox(engine), _limits, _options.Produce, _logger)));
            }
            else if (_caches.TryGetValue(binding.Id, out FetchLoop? cache))
            {
                var server = new CacheServerBinding(engine, binding.Id, ClientOf(binding)!.Id, cache);
                _servers.Add(server);
                engine.Attach(binding.Id, server);
            }
        }
    }

    // Threads first that post to engines, then the engines: nothing is posted to an engine that is gone.
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return; // The host stops the service and then disposes of what it consists of.
        }

        _isDisposed = true;
        foreach (KafkaClient client in _clients.Values)
        {
            client.Producers.Dispose();
        }

        foreach (FetchLoop cache in _caches.Values)
        {
            cache.Dispose();
        }

        if (_engines is not null)
        {
            await _engines.DisposeAsync();
        }

        _servers.ForEach(server => server.Dispose());
    }

    private KafkaClient MakeClient(BindingConfiguration binding)
    {
        string name = binding.QualifiedName;
        string servers = ServersOf(binding);
        var status = new ProduceStatus(name, servers, _options.Produce, _logger);
        return new KafkaClient(status, new ProducerSet(
            acks => new BurstProducer(new ConfluentProducer(name, servers, _options.ClientId, acks, _options.Produce, status, _logger))));
    }

    private FetchLoop MakeCache(BindingConfiguration binding)
    {
        string name = binding.QualifiedName;
        string servers = ServersOf(ClientOf(binding)!);
        HashSet<string> live = [];
        foreach (Configuration.Text.ConfigNode topic in binding.Options.GetList("topics"))
        {
            // An exact name only, and the first entry of it (config-kafka §2.4 rule 2).
            if (topic.GetString("defaultOffset", null) == "live")
            {
                live.Add(topic.GetString("name"));
            }
        }

        var directory = CacheDirectory.Create(_options.CacheDirectory, name);
        var reader = new ConfluentReader(name, servers, _options.ClientId, _logger);
        return new FetchLoop(
            new FetchSettings(name, binding.Options.GetStrings("bootstrap"), live),
            new FetchContext(name, reader, directory, _limits, new FetchStatus(name, servers, _logger), _logger));
    }

    // The configuration has checked the chain: a cache_server's exit is a client, and a client names its servers.
    private static BindingConfiguration? ClientOf(BindingConfiguration cacheServer) => cacheServer.EffectiveRoutes[^1].Exit?.Target;

    private static string ServersOf(BindingConfiguration client) => string.Join(',', client.Options.GetStrings("servers"));

    private sealed record KafkaClient(ProduceStatus Status, ProducerSet Producers);
}
