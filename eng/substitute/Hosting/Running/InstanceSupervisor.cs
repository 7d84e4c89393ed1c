using System.Collections.Immutable;
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>
/// Keeps one process of a resource running: waits for what it depends on, starts it, watches its health, starts it again when it
/// ends by itself, stops it when told to.
/// </summary>
/// <remarks>One loop per instance on pool threads; the wish is the only state that others change.</remarks>
internal sealed class InstanceSupervisor(
    RunContext context, IResource resource, int index, string id, PortReservation ports, RunConsole console, Action<RunFailure> fail)
    : IAsyncDisposable
{
    /// <summary>The time a process has to stop after it was asked to, before it is killed.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    /// <summary>The property that holds the last line a process wrote to standard error.</summary>
    public const string LastErrorProperty = "resource.lastError";

    private readonly CancellationTokenSource _ending = new();
    private readonly InstanceWish _wish = new(
        resource.Annotations.OfType<ExplicitStartupAnnotation>().Any() ? Wish.Rest : Wish.Run);
    private readonly RestartBackoff _backoff = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private volatile ServiceProcess? _process;
    private int _restarts;

    public IResource Resource { get; } = resource;

    public string Id { get; } = id;

    public LogRing Log { get; } = new();

    /// <summary>Completes when the instance is healthy for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Whether the instance starts with the application.</summary>
    public bool StartsByItself { get; } = !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();

    public void Begin() => _loop = Task.Run(LoopAsync);

    /// <summary>The application is stopping: a process that ends now need not come back.</summary>
    public void ExpectEnd() => _wish.Set(Wish.RunUntilItEnds);

    /// <summary>Ends the instance for good. Returns when its process is gone.</summary>
    public async Task EndAsync()
    {
        _wish.Set(Wish.End);
        await _ending.CancelAsync().ConfigureAwait(false);
        await StopProcessAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    /// <summary>Ends the instance's process this instant; the loop follows.</summary>
    public void Kill() => _process?.Kill();

    /// <summary>Starts the instance if it rests.</summary>
    public void Start() => _wish.Set(Wish.Run);

    /// <summary>Stops the process and leaves it so.</summary>
    public Task RestAsync()
    {
        _wish.Set(Wish.Rest);
        return StopProcessAsync();
    }

    /// <summary>Stops the process and starts it again, on its way without back-off.</summary>
    public Task RestartAsync()
    {
        _wish.Set(Wish.RunAgain);
        return StopProcessAsync();
    }

    private async Task LoopAsync()
    {
        try
        {
            await AwaitWishToRunAsync(KnownResourceStates.NotStarted).ConfigureAwait(false);
            Publish(state => state with { State = KnownResourceStates.Waiting });
            await Dependencies.WaitAsync(context, Resource, console, _ending.Token).ConfigureAwait(false);
            await context.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, context.Services), _ending.Token).ConfigureAwait(false);
            do
            {
                await AwaitWishToRunAsync(null).ConfigureAwait(false);
            }
            while (await RunOnceAsync().ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // One that never came up will not: whoever waits for it must not wait on.
            Publish(state => state with { State = _ready.Task.IsCompleted ? KnownResourceStates.Exited : KnownResourceStates.FailedToStart });
        }
#pragma warning disable CA1031 // Whatever goes wrong with one resource must end the application with a line, not vanish in a task.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Publish(state => state with { State = KnownResourceStates.FailedToStart });
            fail(new RunFailure(1, $"{Id}: {exception.Message}"));
        }
    }

    // Returns whether to run again.
    private async Task<bool> RunOnceAsync()
    {
        Publish(state => state with { State = KnownResourceStates.Starting, HealthStatus = null, HealthReports = [] });
        ProcessStartInfo start = await ProcessLaunch.ComposeAsync(context, Resource, index, _ending.Token).ConfigureAwait(false);
        ports.Release(Resource, index);
        using ServiceProcess process = ServiceProcess.Start(start, OnLine);
        _process = process;
        if (_wish.IsEnd)
        {
            process.Kill(); // Told to end between the last look and the start.
        }

        HealthProbe probe = new(context, Resource, index);
        PublishRunning(process, start, probe.HasChecks ? HealthStatus.Unhealthy : HealthStatus.Healthy);
        HealthWatch health = new(probe, Publish, OnHealthyAsync);
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        Task watch = health.RunAsync(watching.Token);
        int exitCode = await process.Exited.ConfigureAwait(false);
        TimeSpan healthyFor = health.HealthyFor;
        await watching.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        _process = null;
        return await AfterEndAsync(process.Id, exitCode, healthyFor).ConfigureAwait(false);
    }

    private async Task<bool> AfterEndAsync(int pid, int exitCode, TimeSpan healthyFor)
    {
        Wish wish = _wish.TakeRunAgain();
        ExitVerdict verdict = ExitPolicy.Judge(context.Model, Resource, wish, exitCode, _ready.Task.IsCompleted);
        Publish(state => state with
        {
            State = verdict switch
            {
                ExitVerdict.Finished => KnownResourceStates.Finished,
                ExitVerdict.FailedToStart => KnownResourceStates.FailedToStart,
                _ => KnownResourceStates.Exited,
            },
            ExitCode = exitCode,
            StopTimeStamp = DateTime.UtcNow,
            HealthStatus = null,
            Properties = state.Properties.Add(new ResourcePropertySnapshot(LastErrorProperty, Log.LastError)),
        });
        await PublishStoppedAsync().ConfigureAwait(false);

        switch (verdict)
        {
            case ExitVerdict.FailedToStart or ExitVerdict.Fatal:
                string cause = Log.LastError is { } line ? $": {line}" : "";
                console.Write($"{Id} {(verdict == ExitVerdict.Fatal ? "ended" : "could not start")}, exit code {exitCode}; stopping everything");
                fail(new RunFailure(exitCode == 0 ? 1 : exitCode, $"{Id} ended with exit code {exitCode}{cause}"));
                return false;
            case ExitVerdict.Restart:
                TimeSpan delay = _backoff.Next(healthyFor);
                _restarts++;
                console.Write($"{Id} (process {pid}) ended with exit code {exitCode}; starting it again in {delay.TotalSeconds:0.0} s, restart {_restarts}");
                await Task.Delay(delay, _ending.Token).ConfigureAwait(false);
                return true;
            case ExitVerdict.RestartNow:
                _restarts++;
                return true;
            default:
                if (verdict == ExitVerdict.Finished)
                {
                    _ready.TrySetResult();
                }

                if (_wish.IsEnd)
                {
                    return false;
                }

                _wish.Rest(); // Done or told to stop: only a wish starts it again.
                return true;
        }
    }

    private async Task AwaitWishToRunAsync(string? stateMeanwhile)
    {
        if (_wish.WantsToRun)
        {
            return;
        }

        if (stateMeanwhile is not null)
        {
            Publish(state => state with { State = stateMeanwhile });
        }

        await _wish.WaitToRunAsync(_ending.Token).ConfigureAwait(false);
    }

    private async Task OnHealthyAsync()
    {
        if (_ready.TrySetResult())
        {
            await context.Eventing.PublishAsync(new ResourceReadyEvent(Resource, context.Services), _ending.Token).ConfigureAwait(false);
        }
    }

    private void PublishRunning(ServiceProcess process, ProcessStartInfo start, HealthStatus health)
    {
        ImmutableArray<UrlSnapshot> urls = [.. Resource.Annotations.OfType<EndpointAnnotation>()
            .Select(endpoint => new UrlSnapshot(endpoint.Name, endpoint.Instances[index].UriString, IsInternal: !endpoint.IsExternal)),
            .. Resource.Annotations.OfType<ResourceUrlAnnotation>().Select(url => new UrlSnapshot(url.DisplayText, url.Url, IsInternal: false))];
        Publish(state => state with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = process.StartTimeUtc,
            Urls = urls,
            Restarts = _restarts,
            HealthStatus = health,
            Properties =
            [
                new ResourcePropertySnapshot("executable.pid", process.Id),
                new ResourcePropertySnapshot("executable.path", start.FileName),
                new ResourcePropertySnapshot("executable.workDir", start.WorkingDirectory),
            ],
        });
    }

    private async Task PublishStoppedAsync()
    {
        if (context.Notifications.TryGetCurrentState(Id, out ResourceEvent? known))
        {
            await context.Eventing.PublishAsync(new ResourceStoppedEvent(Resource, context.Services, known), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task StopProcessAsync()
    {
        if (_process is { } process)
        {
            Publish(state => state with { State = KnownResourceStates.Stopping });
            await process.StopAsync(StopPatience).ConfigureAwait(false);
        }
    }

    private void OnLine(string line, bool isError)
    {
        Log.Add(line, isError);
        console.Write(Id, line);
    }

    private void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        context.Notifications.PublishUpdateAsync(Resource, Id, change);
}
