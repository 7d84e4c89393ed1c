using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Edge.Transport;
using Sluice.Frames;
using Sluice.Frames.Grpc;
using Sluice.Frames.Memory;
using Sluice.ServiceDefaults;

namespace Sluice.Edge.Hosting;

/// <summary>The service around the room: configuration and limits from the environment, health, graceful stop.</summary>
internal sealed class EdgeService(EdgeRoom room) : IHostedService, IHealthCheck, IAsyncDisposable
{
    /// <summary>Registers the service; throws what the user must know when the configuration is refused.</summary>
    public static void Register(WebApplicationBuilder builder)
    {
        var stderr = new StringWriter(CultureInfo.InvariantCulture);
        GatewayConfiguration? configuration = StartUp.LoadOrExplain(builder.Configuration["SLUICE_CONFIG"], stderr);
        string[] findings = stderr.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (configuration is null)
        {
            throw ServiceStartException.Configuration(findings);
        }

        foreach (string warning in findings)
        {
            Console.Error.WriteLine(warning);
        }

        EdgeRoomOptions options = ReadOptions(builder.Configuration);
        builder.Services.AddSingleton(services =>
            new EdgeRoom(configuration, options, services.GetRequiredService<ILoggerFactory>(), services));
        if (builder.AddGrpcLinksIfAsked() is { } mistake)
        {
            throw ServiceStartException.Configuration(mistake);
        }

        builder.Services.AddSingleton<EdgeService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<EdgeService>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "edge", services => services.GetRequiredService<EdgeService>(), failureStatus: null, tags: null));
    }

    public Task StartAsync(CancellationToken cancellationToken) => room.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => room.StopAsync(cancellationToken);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string missing = string.Join(", ", room.MissingRooms);
        return Task.FromResult(
            !room.IsListening ? HealthCheckResult.Unhealthy("not listening yet")
            : missing.Length > 0 ? HealthCheckResult.Unhealthy($"no link to {missing} yet")
            : HealthCheckResult.Healthy());
    }

    public ValueTask DisposeAsync() => room.DisposeAsync();

    private static EdgeRoomOptions ReadOptions(IConfiguration environment)
    {
        string? runDirectory = environment["SLUICE_RUN_DIR"];
        EngineSettings engines = ReadEngines(environment);
        return new EdgeRoomOptions
        {
            RunDirectory = string.IsNullOrEmpty(runDirectory) ? null : runDirectory,
            Instance = ReadNumber(environment, "SLUICE_INSTANCE", 0, 999),
            Engines = engines,
            MemoryBytes = MemoryBudget.TryParse(environment[MemoryBudget.Variable], engines.Count, out long bytes, out string? problem)
                ? bytes
                : throw ServiceStartException.Configuration(problem),
            ConnectionsMax = ReadNumber(environment, ConnectionLimit.Key, 1, 1_000_000),
        };
    }

    private static EngineSettings ReadEngines(IConfiguration environment)
    {
        try
        {
            return EngineSettings.Read(name => environment[name], "EDGE");
        }
        catch (FormatException exception)
        {
            throw ServiceStartException.Configuration(exception.Message);
        }
    }

    private static int? ReadNumber(IConfiguration environment, string key, int min, int max)
    {
        string? text = environment[key];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw ServiceStartException.Configuration($"{key}={text} is not a whole number from {min} to {max}");
    }
}
