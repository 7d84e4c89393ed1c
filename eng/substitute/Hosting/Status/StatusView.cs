using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;

namespace Aspire.Hosting.Status;

/// <summary>What the status page says about one instance; its JSON is the contract of /api/resources.</summary>
internal sealed record StatusView(
    string Name, string Type, string State, string Health, string? HealthDetail, int? Pid, int Restarts, int? ExitCode,
    double? UptimeSeconds, IReadOnlyList<string> Endpoints)
{
    public static IReadOnlyList<StatusView> All(ApplicationRun run) => [.. run.Instances.Select(instance => Of(run, instance))];

    private static StatusView Of(ApplicationRun run, InstanceSupervisor instance)
    {
        CustomResourceSnapshot? known = run.Context.Notifications.TryGetCurrentState(instance.Id, out ResourceEvent? change) ? change.Snapshot : null;
        bool isRunning = known?.State?.Text == KnownResourceStates.Running;
        return new StatusView(
            instance.Id,
            instance.Resource is ProjectResource ? "project" : "executable",
            known?.State?.Text ?? KnownResourceStates.NotStarted,
            known?.HealthStatus?.ToString() ?? "Unknown",
            known?.HealthReports.FirstOrDefault(report => report.Status != Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy)?.Description,
            isRunning ? known?.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value as int? : null,
            known?.Restarts ?? 0,
            known?.ExitCode,
            isRunning && known?.StartTimeStamp is { } start ? Math.Round((DateTime.UtcNow - start).TotalSeconds, 1) : null,
            [.. known?.Urls.Select(url => url.Url) ?? []]);
    }
}
