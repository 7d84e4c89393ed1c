using System.Globalization;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sluice.EmbeddedKafka.Log;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka.Hosting;

/// <summary>What a process is started with: the broker's options, and where to tell its port.</summary>
internal sealed record Launch(BrokerOptions Options, string? PortFile);

/// <summary>Runs the broker as a part of the service's host; healthy while it listens.</summary>
internal sealed partial class BrokerService(Launch launch, ILoggerFactory loggers) : IHostedService, IHealthCheck
{
    private readonly ILogger _logger = loggers.CreateLogger("Sluice.EmbeddedKafka");
    private EmbeddedBroker? _broker;

    public static void Register(IServiceCollection services, Launch launch)
    {
        services.AddSingleton(launch);
        services.AddSingleton<BrokerService>();
        services.AddHostedService(provider => provider.GetRequiredService<BrokerService>());
        services.AddHealthChecks().AddCheck<BrokerService>("broker");
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _broker = await EmbeddedBroker.StartAsync(launch.Options, loggers, cancellationToken);
        if (launch.PortFile is { } file)
        {
            try
            {
                AtomicFile.Write(file, Encoding.ASCII.GetBytes(_broker.Port.ToString(CultureInfo.InvariantCulture)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ServiceStartException($"the port file {file} cannot be written: {e.Message}");
            }
        }

        Listening(_logger, _broker.BootstrapServer, Path.GetFullPath(launch.Options.DataDirectory), launch.Options.SyncEveryBatch ? "sync" : "interval");
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_broker is { } broker)
        {
            _broker = null;
            await broker.DisposeAsync();
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_broker is { } broker
            ? HealthCheckResult.Healthy($"listening on {broker.BootstrapServer}, {broker.Connections} connections")
            : HealthCheckResult.Unhealthy("the log is being opened, or the broker stops"));

    [LoggerMessage(8001, LogLevel.Information, "Kafka protocol on {Address}, data in {Directory}, fsync {Fsync}")]
    private static partial void Listening(ILogger logger, string address, string directory, string fsync);
}
