using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Frames;
using Sluice.Frames.Grpc;
using Sluice.ServiceDefaults;

namespace Sluice.ProtocolWorkers.Hosting;

/// <summary>Runs this room's bindings on the engines of the process, linked with the rooms they lead to.</summary>
internal sealed class WorkersService(GatewayConfiguration configuration, WorkersOptions options, ILoggerFactory loggers, IServiceProvider services) : IHostedService, IHealthCheck
{
    private readonly ILogger _logger = loggers.CreateLogger("Sluice.ProtocolWorkers");
    private readonly List<IDisposable> _owned = [];
    private EngineGroup? _engines;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var table = new BindingTable(loggers, options.ProduceTimeoutMs);
        List<(long Id, BindingMaker Make)> own = [];
        foreach (BindingConfiguration binding in configuration.BindingsIn(Room.ProtocolWorkers))
        {
            if (table.Find(binding) is BindingMaker maker)
            {
                own.Add((binding.Id, maker));
            }
        }

        var group = new EngineGroupOptions
        {
            Room = NameOf(Room.ProtocolWorkers),
            Instance = options.Instance,
            EngineCount = options.Engines.Count,
            Cpus = options.Engines.Cpus,
            StallMs = options.Engines.StallMs,
            MemoryBytes = options.MemoryBytes,
            RunDirectory = options.RunDirectory,
            ConnectTo = RoomsAhead(),
            Observer = new WorkersObserver(_logger, id => configuration.Find(id)?.QualifiedName ?? "an engine"),
        };
        try
        {
            _engines = EngineGroup.Start(group, engine => Configure(engine, own));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            throw new ServiceStartException(exception.Message);
        }

        services.JoinGrpcLinksIfAsked(_engines);
        WorkersLog.Started(_logger, options.Engines.Count, own.Count);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_engines is not null)
        {
            await _engines.DisposeAsync();
        }

        _owned.ForEach(binding => binding.Dispose());
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_engines is null)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("the engines do not run"));
        }

        string[] missing = [.. _engines.Options.ConnectTo.Where(room => !_engines.HasLinkTo(room))];
        return Task.FromResult(missing.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"waiting for {string.Join(", ", missing)}{(_engines.Links == LinkChoice.Grpc ? "" : $" in {options.RunDirectory}")}"));
    }

    private void Configure(FrameEngine engine, List<(long Id, BindingMaker Make)> own)
    {
        foreach (BindingConfiguration binding in configuration.Bindings)
        {
            if (binding.Room != Room.ProtocolWorkers)
            {
                engine.Place(binding.Id, NameOf(binding.Room));
            }
        }

        foreach ((long id, BindingMaker make) in own)
        {
            IBinding binding = make(engine);
            engine.Attach(id, binding);
            if (binding is IDisposable disposable)
            {
                _owned.Add(disposable);
            }
        }
    }

    private string[] RoomsAhead() =>
    [
        .. configuration.BindingsIn(Room.ProtocolWorkers)
            .SelectMany(binding => binding.EffectiveRoutes)
            .Select(route => route.Exit?.Target?.Room)
            .OfType<Room>()
            .Where(room => room != Room.ProtocolWorkers)
            .Distinct()
            .Select(NameOf),
    ];

    private static string NameOf(Room room) => room switch
    {
        Room.Edge => "edge",
        Room.KafkaCache => "kafka-cache",
        _ => "protocol-workers",
    };
}
