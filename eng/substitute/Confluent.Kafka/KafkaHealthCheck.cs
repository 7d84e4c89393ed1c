using Aspire.Confluent.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Healthy while the client's brokers answer a metadata request.</summary>
internal sealed class KafkaHealthCheck(Func<IClient> client, KafkaClientSettings settings) : IHealthCheck
{
    /// <summary>An answer later than this counts as none.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.Run(Check, cancellationToken); // librdkafka blocks the thread that asks.

    private HealthCheckResult Check()
    {
        try
        {
            using IAdminClient admin = new DependentAdminClientBuilder(client().Handle).Build();
            return admin.GetMetadata(Timeout).Brokers.Count > 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{settings.ClientConfig.BootstrapServers} names no broker");
        }
        catch (KafkaException exception)
        {
            return HealthCheckResult.Unhealthy($"waiting for Kafka at {settings.ClientConfig.BootstrapServers}: {exception.Error.Reason}");
        }
        catch (InvalidOperationException exception)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
    }
}
