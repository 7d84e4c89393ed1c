using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Status;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>Runs the resources of an application as processes, from the first start to the last stop.</summary>
internal sealed class ApplicationRun : IAsyncDisposable
{
    private readonly RunContext _context;
    private readonly RunConsole _console;
    private readonly PortReservation _ports = new();
    private readonly TaskCompletionSource<RunFailure> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<InstanceSupervisor> _instances = [];
    private Task? _stop;
    private StatusPage? _statusPage;

    public ApplicationRun(RunContext context)
    {
        _context = context;
        bool isSilent = context.Options.IsTest && Environment.GetEnvironmentVariable("SLUICE_TEST_LOGS") is not ("true" or "1");
        _console = new RunConsole(context.Model.Resources.Where(RunContext.IsProcess).SelectMany(RunContext.IdsOf), isSilent);
    }

    public IReadOnlyList<InstanceSupervisor> Instances => _instances;

    public RunContext Context => _context;

    /// <summary>Runs or publishes until the end, and returns the exit code.</summary>
    public async Task<int> RunToEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_context.ExecutionContext.IsPublishMode)
            {
                await ManifestPublisher.PublishAsync(_context, cancellationToken).ConfigureAwait(false);
                return 0;
            }

            return await RunUntilToldAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DistributedApplicationException or InvalidOperationException or IOException)
        {
            _console.Write(exception.Message);
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            return 1;
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long startedAt = Stopwatch.GetTimestamp();
        await _context.Eventing.PublishAsync(new BeforeStartEvent(_context.Services, _context.Model), cancellationToken).ConfigureAwait(false);
        ModelRules.Check(_context);
        await PublishValuesAsync(cancellationToken).ConfigureAwait(false);
        IResource[] processes = [.. _context.Model.Resources.Where(RunContext.IsProcess)];
        _ports.Allocate(processes, randomize: _context.Options.IsTest);
        foreach (IResource resource in processes)
        {
            await _context.Eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, _context.Services), cancellationToken).ConfigureAwait(false);
            _instances.AddRange(RunContext.IdsOf(resource).Select((id, index) =>
                new InstanceSupervisor(_context, resource, index, id, _ports, _console, Fail)));
        }

        foreach (InstanceSupervisor instance in _instances)
        {
            instance.Begin();
        }

        if (_context.Options.HasStatusPage)
        {
            _statusPage = await StatusPage.StartAsync(this, cancellationToken).ConfigureAwait(false);
            _console.Write(_statusPage.Announcement);
        }

        await _context.Eventing.PublishAsync(new AfterResourcesCreatedEvent(_context.Services, _context.Model), cancellationToken).ConfigureAwait(false);
        _ = AnnounceReadyAsync(startedAt);
    }

    /// <summary>Stops every instance, after those that wait for it.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _stop ??= StopInOrderAsync();
        }

        return _stop.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        if (_statusPage is not null)
        {
            await _statusPage.DisposeAsync().ConfigureAwait(false);
        }

        foreach (InstanceSupervisor instance in _instances)
        {
            await instance.DisposeAsync().ConfigureAwait(false);
        }

        _ports.Dispose();
    }

    private async Task<int> RunUntilToldAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!told.TrySetResult())
            {
                _instances.ForEach(instance => instance.Kill()); // Asked twice: at once, then.
            }
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        using CancellationTokenRegistration cancelled = cancellationToken.Register(() => told.TrySetResult());

        AppHostInfo info = _context.Options.Info;
        _console.Write($"substitute host, not Aspire {info.AspireVersion}: {info.ModeReason}");
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAny(told.Task, _failed.Task).ConfigureAwait(false);
        if (!_failed.Task.IsCompleted)
        {
            _console.Write("stopping");
        }

        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        return _failed.Task.IsCompleted ? (await _failed.Task.ConfigureAwait(false)).ExitCode : 0;
    }

    private void Fail(RunFailure failure)
    {
        if (_failed.TrySetResult(failure) && _context.Options.IsTest)
        {
            _ = StopAsync(CancellationToken.None); // No one waits at the console; leave nothing running.
        }
    }

    // Parameters and connection strings have no process: they are there, or the application cannot start.
    private async Task PublishValuesAsync(CancellationToken cancellationToken)
    {
        foreach (IResource resource in _context.Model.Resources.Where(resource => !RunContext.IsProcess(resource)))
        {
            if (resource is ParameterResource parameter)
            {
                await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
            }

            await _context.Notifications.PublishUpdateAsync(
                resource, state => state with { State = KnownResourceStates.Running, HealthStatus = HealthStatus.Healthy }).ConfigureAwait(false);
        }
    }

    private async Task AnnounceReadyAsync(long startedAt)
    {
        InstanceSupervisor[] awaited = [.. _instances.Where(instance => instance.StartsByItself)];
        await Task.WhenAll(awaited.Select(instance => instance.Ready)).ConfigureAwait(false);
        // The first thing a person wants to open comes first: the links people were meant to follow.
        string addresses = string.Join(", ", awaited.Reverse().SelectMany(instance => instance.Resource.Annotations.OfType<ResourceUrlAnnotation>()
            .Select(url => url.Url).Concat(instance.Resource.Annotations.OfType<EndpointAnnotation>()
                .Where(endpoint => endpoint.IsExternal || !endpoint.IsProxied).Select(endpoint => endpoint.AllocatedEndpoint!.UriString))
            .Select(address => $"{instance.Id} {address}")));
        _console.Write($"ready in {Stopwatch.GetElapsedTime(startedAt).TotalSeconds:0.0} s{(addresses.Length > 0 ? ": " : "")}{addresses}");
    }

    private Task StopInOrderAsync()
    {
        _instances.ForEach(instance => instance.ExpectEnd());
        Dictionary<InstanceSupervisor, Task> stops = [];
        Task StopOne(InstanceSupervisor instance)
        {
            if (!stops.TryGetValue(instance, out Task? stop))
            {
                Task[] dependents = [.. _instances.Where(other => other.Resource.Annotations.OfType<WaitAnnotation>()
                    .Any(wait => wait.Resource == instance.Resource)).Select(StopOne)];
                stops[instance] = stop = EndAfterAsync(dependents, instance);
            }

            return stop;
        }

        return Task.WhenAll(_instances.Select(StopOne).ToArray());
    }

    private static async Task EndAfterAsync(Task[] dependents, InstanceSupervisor instance)
    {
        await Task.WhenAll(dependents).ConfigureAwait(false);
        await instance.EndAsync().ConfigureAwait(false);
    }
}
