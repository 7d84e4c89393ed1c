using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows the state of every resource and tells who wants to know. Any thread may call it.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChannelWriter<ResourceEvent>> _watchers = [];

    /// <summary>Changes what is known about a resource that has no replicas.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory) =>
        PublishUpdateAsync(resource, resource.Name, stateFactory);

    /// <summary>Changes what is known about one instance of a resource.</summary>
    public Task PublishUpdateAsync(
        IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            CustomResourceSnapshot before = _current.TryGetValue(resourceId, out ResourceEvent? known)
                ? known.Snapshot
                : new CustomResourceSnapshot { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [] };
            ResourceEvent change = new(resource, resourceId, stateFactory(before));
            _current[resourceId] = change;
            foreach (ChannelWriter<ResourceEvent> watcher in _watchers)
            {
                watcher.TryWrite(change); // Unbounded: it accepts unless its reader is gone.
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>What is known about an instance.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent);
        }
    }

    /// <summary>What is known about every instance now, then every change until cancelled.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Channel<ResourceEvent> channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            foreach (ResourceEvent known in _current.Values)
            {
                channel.Writer.TryWrite(known);
            }

            _watchers.Add(channel.Writer);
        }

        try
        {
            await foreach (ResourceEvent change in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel.Writer);
            }
        }
    }

    /// <summary>Waits until the resource is in a state: Running when null.</summary>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>Waits until the resource is in one of the states, and tells which.</summary>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        string[] states = [.. targetStates];
        ResourceEvent match = await WaitForResourceAsync(
            resourceName, change => change.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken).ConfigureAwait(false);
        return match.Snapshot.State!.Text;
    }

    /// <summary>Waits until an instance of the resource satisfies a condition, now or later.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (ResourceEvent change in WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change))
            {
                return change;
            }
        }

        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Waits until an instance of the resource runs and is healthy.</summary>
    /// <exception cref="DistributedApplicationException">It has failed to start, so waiting is in vain.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        ResourceEvent match = await WaitForResourceAsync(
            resourceName, change => IsHealthy(change) || IsLost(change), cancellationToken).ConfigureAwait(false);
        return IsHealthy(match)
            ? match
            : throw new DistributedApplicationException(
                $"Resource '{resourceName}' will not become healthy: {match.Snapshot.State?.Text}, exit code "
                + $"{match.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}. {LastError(match.Snapshot)}");
    }

    private static object? LastError(CustomResourceSnapshot snapshot) =>
        snapshot.Properties.FirstOrDefault(property => property.Name == InstanceSupervisor.LastErrorProperty)?.Value;

    private static bool IsHealthy(ResourceEvent change) =>
        change.Snapshot.State?.Text == KnownResourceStates.Running && change.Snapshot.HealthStatus == HealthStatus.Healthy;

    // A process that was up and ended comes back; only the end of the first start is final.
    private static bool IsLost(ResourceEvent change) => change.Snapshot.State?.Text == KnownResourceStates.FailedToStart;
}
