using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>Holds a resource back until what it waits for is there.</summary>
internal static class Dependencies
{
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Waits for all; says every ten seconds what is missing.</summary>
    /// <exception cref="DistributedApplicationException">A resource that should complete ended with another exit code.</exception>
    public static async Task WaitAsync(RunContext context, IResource resource, RunConsole console, CancellationToken cancellationToken)
    {
        List<(WaitAnnotation Wait, string Id, Task Task)> waits = [];
        foreach (WaitAnnotation wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            waits.AddRange(RunContext.IdsOf(wait.Resource).Select(id => (wait, id, WaitOneAsync(context, resource, wait, id, cancellationToken))));
        }

        Task all = Task.WhenAll(waits.Select(wait => wait.Task));
        while (await Task.WhenAny(all, Task.Delay(ReminderPeriod, cancellationToken)).ConfigureAwait(false) != all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IEnumerable<string> missing = waits.Where(wait => !wait.Task.IsCompleted).Select(wait => Describe(context, wait.Wait, wait.Id));
            console.Write($"{resource.Name} still waits for {string.Join(" and ", missing)}");
        }

        await all.ConfigureAwait(false);
    }

    private static async Task WaitOneAsync(
        RunContext context, IResource resource, WaitAnnotation wait, string id, CancellationToken cancellationToken)
    {
        ResourceEvent met = await context.Notifications.WaitForResourceAsync(
            wait.Resource.Name, change => change.ResourceId == id && IsMet(wait.WaitType, change.Snapshot), cancellationToken).ConfigureAwait(false);
        if (wait.WaitType == WaitType.WaitForCompletion && met.Snapshot.ExitCode != wait.ExitCode)
        {
            throw new DistributedApplicationException(
                $"'{resource.Name}' waits for '{id}' to end with exit code {wait.ExitCode}, but it ended with {met.Snapshot.ExitCode}");
        }
    }

    private static bool IsMet(WaitType type, CustomResourceSnapshot snapshot)
    {
        string? state = snapshot.State?.Text;
        bool isRunning = state == KnownResourceStates.Running;
        return type switch
        {
            WaitType.WaitUntilHealthy => isRunning && snapshot.HealthStatus == HealthStatus.Healthy,
            WaitType.WaitUntilStarted => isRunning,
            _ => state is not null && KnownResourceStates.TerminalStates.Contains(state),
        };
    }

    private static string Describe(RunContext context, WaitAnnotation wait, string id)
    {
        string wish = wait.WaitType switch
        {
            WaitType.WaitUntilHealthy => "healthy",
            WaitType.WaitUntilStarted => "started",
            _ => "completed",
        };
        if (!context.Notifications.TryGetCurrentState(id, out ResourceEvent? known))
        {
            return $"{id} to be {wish}";
        }

        string? complaint = known.Snapshot.HealthReports.FirstOrDefault(report => report.Status != HealthStatus.Healthy)?.Description;
        return $"{id} to be {wish} (now {known.Snapshot.State?.Text}{(complaint is null ? "" : ": " + complaint)})";
    }
}
