using System.Reflection;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Runs an app host's own Main on a thread of its own and holds it where a test wants it: inside Build(), so that the test can look
/// at the model and change it, and inside Run(), so that what Main cleans up afterwards is cleaned up when the test is done.
/// </summary>
internal sealed class EntryPointRun
{
    private const int MainEndTimeoutMs = 10_000;
    private static readonly AsyncLocal<EntryPointRun?> CurrentRun = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _testEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mainEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EntryPointRun(Assembly assembly) => Assembly = assembly;

    /// <summary>The run whose Main the calling code is part of.</summary>
    public static EntryPointRun? Current => CurrentRun.Value;

    public Assembly Assembly { get; }

    /// <summary>Starts Main and returns when it has come to Build().</summary>
    public static async Task<(EntryPointRun Run, DistributedApplicationBuilder Builder)> StartAsync(
        Assembly assembly, string[] args, CancellationToken cancellationToken)
    {
        MethodInfo main = assembly.EntryPoint
            ?? throw new InvalidOperationException($"Assembly '{assembly.GetName().Name}' has no entry point, so it is no app host.");
        EntryPointRun run = new(assembly);
        Thread thread = new(() => run.Main(main, args)) { IsBackground = true, Name = "app host under test" };
        thread.Start();
        return (run, await run._building.Task.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Lets Build() go on and returns what it built.</summary>
    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult(true);
        return await _built.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Called by Build() on Main's thread: blocks until the test has seen enough.</summary>
    /// <exception cref="OperationCanceledException">The test does not want the application built.</exception>
    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        if (!_building.TrySetResult(builder))
        {
            return;
        }

        if (!_mayBuild.Task.GetAwaiter().GetResult())
        {
            throw new OperationCanceledException("The test ended before the application was built.");
        }
    }

    public void OnBuilt(DistributedApplication application) => _built.TrySetResult(application);

    /// <summary>Called by Run() on Main's thread.</summary>
    public Task WaitUntilTestEndsAsync() => _testEnded.Task;

    /// <summary>The test is done: lets Main go and waits for its end.</summary>
    public async Task EndAsync()
    {
        _mayBuild.TrySetResult(false);
        _testEnded.TrySetResult();
        await Task.WhenAny(_mainEnded.Task, Task.Delay(MainEndTimeoutMs)).ConfigureAwait(false);
    }

    private void Main(MethodInfo main, string[] args)
    {
        CurrentRun.Value = this;
        try
        {
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [args]);
            Abandon(new InvalidOperationException(
                $"The entry point of '{Assembly.GetName().Name}' ended, exit code {Environment.ExitCode}, before it built an application."));
        }
        catch (TargetInvocationException exception)
        {
            Abandon(exception.InnerException ?? exception);
        }
        finally
        {
            _mainEnded.TrySetResult();
        }
    }

    private void Abandon(Exception reason)
    {
        _building.TrySetException(reason);
        _built.TrySetException(reason);
        _ = _building.Task.Exception; // Whoever waits sees it; no one need.
        _ = _built.Task.Exception;
    }
}
