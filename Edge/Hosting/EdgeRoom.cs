using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Edge.Http;
using Sluice.Edge.Transport;
using Sluice.Frames;
using Sluice.Frames.Grpc;

namespace Sluice.Edge.Hosting;

/// <summary>What a room is told besides its configuration.</summary>
internal sealed record EdgeRoomOptions
{
    /// <summary>Where sockets of links are; null for a room on its own.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>Its number among the instances of this room, from 0; null for the first free one.</summary>
    public int? Instance { get; init; }

    /// <summary>Engines; one per core by default.</summary>
    public EngineSettings Engines { get; init; } = EngineSettings.Read(_ => null, "EDGE");

    /// <summary>Memory that its streams may hold, in bytes; null for half of what the process may use.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Client connections at once; null for as many as are usual and fit the descriptors of the process.</summary>
    public int? ConnectionsMax { get; init; }
}

/// <summary>The room Edge at work: its bindings on each engine, its links, its listeners.</summary>
internal sealed class EdgeRoom : IAsyncDisposable
{
    /// <summary>How long requests under way may take to end once the room stops, in milliseconds: half of what the host gives a service.</summary>
    public const int StopMs = 5000;

    private readonly GatewayConfiguration _configuration;
    private readonly EdgeRoomOptions _options;
    private readonly ILogger _logger;
    private readonly IServiceProvider _services;
    private readonly HttpServer _http;
    private readonly List<IEdgeBinding> _bindings = [];
    private EngineGroup? _engines;

    public EdgeRoom(GatewayConfiguration configuration, EdgeRoomOptions options, ILoggerFactory loggers, IServiceProvider services)
    {
        _configuration = configuration;
        _options = options;
        _logger = loggers.CreateLogger("Sluice.Edge");
        _services = services;
        _http = new HttpServer(loggers, services);
        NeededRooms = FindNeededRooms(configuration);
    }

    /// <summary>The rooms that exits of this room lead to.</summary>
    public IReadOnlyList<string> NeededRooms { get; }

    /// <summary>True once every listener is up.</summary>
    public bool IsListening { get; private set; }

    /// <summary>The engines; null before the start.</summary>
    public EngineGroup? Engines => _engines;

    /// <summary>The tcp servers.</summary>
    public IEnumerable<TcpServer> TcpServers => _bindings.OfType<TcpServer>();

    /// <summary>Needed rooms without a link now.</summary>
    public IEnumerable<string> MissingRooms => NeededRooms.Where(room => _engines?.HasLinkTo(room) != true);

    /// <summary>Starts engines, links, Kestrel and listeners, in this order: who is let in finds everything ready.</summary>
    /// <exception cref="ServiceDefaults.ServiceStartException">A port is busy, for instance; the message says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var limit = ConnectionLimit.Fit(_options.ConnectionsMax, Descriptors.Room());
        var parts = new EdgeParts(_http, new EpollTransport(_options.RunDirectory), limit, _logger);
        List<(long Id, IEdgeBinding Binding)> own =
            [.. _configuration.BindingsIn(Room.Edge).Select(binding => (binding.Id, EdgeBindings.Create(binding, parts)))];
        _bindings.AddRange(own.Select(entry => entry.Binding));
        _engines = EngineGroup.Start(
            new EngineGroupOptions
            {
                Room = NameOf(Room.Edge),
                Instance = _options.Instance,
                EngineCount = _options.Engines.Count,
                Cpus = _options.Engines.Cpus,
                StallMs = _options.Engines.StallMs,
                MemoryBytes = _options.MemoryBytes,
                RunDirectory = _options.RunDirectory,
                ConnectTo = _options.RunDirectory is null ? [] : NeededRooms,
                Observer = new EdgeObserver(_configuration, _logger),
            },
            engine => Furnish(engine, own));
        _services.JoinGrpcLinksIfAsked(_engines);

        await _http.StartAsync(cancellationToken);
        foreach (IEdgeBinding binding in _bindings)
        {
            await binding.StartAsync(cancellationToken);
        }

        IsListening = true;
    }

    /// <summary>Lets nobody in any more, waits for requests under way for up to <see cref="StopMs"/>, then closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsListening = false;
        foreach (IEdgeBinding binding in _bindings)
        {
            await binding.StopAsync(cancellationToken);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StopMs);
        await _http.StopAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_engines is not null)
        {
            await _engines.DisposeAsync();
        }
    }

    private void Furnish(FrameEngine engine, List<(long Id, IEdgeBinding Binding)> own)
    {
        foreach ((long id, IEdgeBinding binding) in own)
        {
            engine.Attach(id, binding.Create(engine));
        }

        foreach (BindingConfiguration other in _configuration.Bindings.Where(binding => binding.Room != Room.Edge))
        {
            engine.Place(other.Id, NameOf(other.Room));
        }
    }

    // As the rooms call themselves in links.
    private static string NameOf(Room room) => room switch
    {
        Room.Edge => "edge",
        Room.ProtocolWorkers => "protocol-workers",
        _ => "kafka-cache",
    };

    private static List<string> FindNeededRooms(GatewayConfiguration configuration) =>
    [
        .. configuration.BindingsIn(Room.Edge)
            .SelectMany(binding => binding.EffectiveRoutes)
            .Select(route => route.Exit?.Target?.Room)
            .OfType<Room>()
            .Where(room => room != Room.Edge)
            .Distinct()
            .Select(NameOf),
    ];
}
