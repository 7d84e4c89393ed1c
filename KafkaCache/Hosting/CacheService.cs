using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Frames.Grpc;
using Sluice.ServiceDefaults;

namespace Sluice.KafkaCache.Hosting;

/// <summary>The service around the room: configuration from the environment, health, graceful stop.</summary>
/// <remarks>
/// Ready means that engines run and links are let in. A Kafka that is down makes it degraded, which still counts as ready: the suite
/// starts without Kafka and waits for it.
/// </remarks>
internal sealed class CacheService(CacheRoom room) : IHostedService, IHealthCheck
{
    /// <summary>Registers the service; throws what the user must know when the configuration is refused.</summary>
    public static void Register(WebApplicationBuilder builder)
    {
        var findings = new StringWriter(CultureInfo.InvariantCulture);
        GatewayConfiguration? configuration = StartUp.LoadOrExplain(builder.Configuration["SLUICE_CONFIG"], findings);
        string[] lines = findings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (configuration is null)
        {
            throw ServiceStartException.Configuration(lines);
        }

        foreach (string warning in lines)
        {
            Console.Error.WriteLine(warning);
        }

        CacheOptions options = CacheOptions.Read(name => builder.Configuration[name]);
        builder.Services.AddSingleton(services => new CacheRoom(configuration, options, services.GetRequiredService<ILoggerFactory>(), services));
        if (builder.AddGrpcLinksIfAsked() is { } mistake)
        {
            throw ServiceStartException.Configuration(mistake);
        }

        builder.Services.AddSingleton<CacheService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CacheService>());
        builder.Services.AddHealthChecks().AddCheck<CacheService>("kafka");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            room.Start();
            return Task.CompletedTask;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            throw new ServiceStartException(exception.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => room.DisposeAsync().AsTask();

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string waits = string.Join("; ", room.Waits);
        return Task.FromResult(
            !room.IsRunning ? HealthCheckResult.Unhealthy("the engines do not run yet")
            : waits.Length > 0 ? HealthCheckResult.Degraded(waits)
            : HealthCheckResult.Healthy());
    }
}
