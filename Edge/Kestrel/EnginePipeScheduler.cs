using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Sluice.Frames;

namespace Sluice.Edge.Kestrel;

/// <summary>
/// Runs what the pipes between engine and Kestrel wake: at once when that happens on the engine, posted to it from anywhere else. So
/// parsing and request code run on the connection's engine, without a hop between threads.
/// </summary>
/// <remarks>
/// Kestrel's code must not see the engine's synchronization context: it would turn each of its awaits into a post, and a task that
/// completes under a foreign context continues on the thread pool.
/// </remarks>
internal sealed class EnginePipeScheduler(FrameEngine engine) : PipeScheduler
{
    private static readonly SendOrPostCallback RunPosted = static state =>
    {
        var (action, argument) = (Tuple<Action<object?>, object?>)state!;
        Run(action, argument);
    };

    private static readonly Action<object?> RunAction = static state => ((Action)state!)();
    private static readonly SendOrPostCallback PostedAction = static state => Run(RunAction, state);

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (engine.IsCurrent)
        {
            Run(action, state);
        }
        else
        {
            engine.Post(RunPosted, Tuple.Create(action, state));
        }
    }

    /// <summary>Runs something of Kestrel's on the engine's thread, without the engine's synchronization context.</summary>
    public static void Run(Action<object?> action, object? state)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action(state);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Calls into Kestrel from an engine's handler stand inside this scope: the engine's synchronization context is away until it ends.</summary>
    public readonly ref struct Scope
    {
        private readonly SynchronizationContext? _context;

        public Scope()
        {
            _context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null);
        }

        public void Dispose() => SynchronizationContext.SetSynchronizationContext(_context);
    }

    /// <summary>Await it to continue on the engine; costs nothing when there already.</summary>
    public Switch SwitchToEngine() => new(engine);

    /// <summary>Awaits the engine's thread.</summary>
    public readonly struct Switch(FrameEngine engine) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => engine.IsCurrent;

        public Switch GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => engine.Post(PostedAction, continuation);

        public void UnsafeOnCompleted(Action continuation) => engine.Post(PostedAction, continuation);
    }
}
