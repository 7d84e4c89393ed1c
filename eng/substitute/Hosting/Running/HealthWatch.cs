using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>
/// Follows the health of one process from its start to its end: often while it gets ready, for then others wait; seldom once it is
/// healthy.
/// </summary>
/// <param name="probe">Asks the instance.</param>
/// <param name="publish">Changes what is known about the instance.</param>
/// <param name="onHealthy">Called each time the instance has become healthy.</param>
internal sealed class HealthWatch(
    HealthProbe probe, Action<Func<CustomResourceSnapshot, CustomResourceSnapshot>> publish, Func<Task> onHealthy)
{
    // A resource without health checks counts as started when it has survived this long.
    private static readonly TimeSpan StartProof = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollWhileYoung = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PollWhileUnhealthy = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PollWhileHealthy = TimeSpan.FromSeconds(60); // The end of a process is heard of at once, by other means.

    private DateTime? _healthySinceUtc;

    /// <summary>For how long the process has been healthy without a break; zero when it is not.</summary>
    public TimeSpan HealthyFor => _healthySinceUtc is { } since ? DateTime.UtcNow - since : TimeSpan.Zero;

    /// <summary>Follows the process until cancelled, which is no error.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!probe.HasChecks)
            {
                await Task.Delay(StartProof, cancellationToken).ConfigureAwait(false);
                await SetHealthyAsync([]).ConfigureAwait(false);
                return;
            }

            await PollAsync(DateTime.UtcNow, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ended.
        }
    }

    private async Task PollAsync(DateTime startUtc, CancellationToken cancellationToken)
    {
        while (true)
        {
            IReadOnlyList<HealthReportSnapshot> reports = await probe.CheckAsync(cancellationToken).ConfigureAwait(false);
            bool isHealthy = reports.All(report => report.Status == HealthStatus.Healthy);
            if (isHealthy)
            {
                await SetHealthyAsync([.. reports]).ConfigureAwait(false);
            }
            else
            {
                _healthySinceUtc = null;
                publish(state => state with { HealthStatus = HealthStatus.Unhealthy, HealthReports = [.. reports] });
            }

            bool isYoung = DateTime.UtcNow - startUtc < Youth;
            await Task.Delay(isHealthy ? PollWhileHealthy : isYoung ? PollWhileYoung : PollWhileUnhealthy, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SetHealthyAsync(ImmutableArray<HealthReportSnapshot> reports)
    {
        if (_healthySinceUtc is null)
        {
            _healthySinceUtc = DateTime.UtcNow;
            publish(state => state with { HealthStatus = HealthStatus.Healthy, HealthReports = reports });
            await onHealthy().ConfigureAwait(false);
        }
    }
}
