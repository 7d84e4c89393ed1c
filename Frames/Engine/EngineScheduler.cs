using System.Runtime.CompilerServices;

namespace Sluice.Frames;

/// <summary>Runs async methods on an engine: what is awaited there continues there, on the same thread, without locks.</summary>
/// <remarks>
/// For long conversations (hand-shakes, look-ups, an HTTP exchange), never on the per-frame path. <c>await engine.Scheduler</c> moves
/// an async method from any thread onto the engine.
/// </remarks>
public sealed class EngineScheduler : SynchronizationContext
{
    [ThreadStatic]
    private static FrameEngine? _current;

    private readonly FrameEngine _engine;

    internal EngineScheduler(FrameEngine engine) => _engine = engine;

    internal static FrameEngine? CurrentEngine => _current;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => _engine.Post(d, state);

    /// <summary>Runs at once on the engine's own thread.</summary>
    /// <exception cref="NotSupportedException">Called from another thread: nobody waits for an engine.</exception>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!_engine.IsCurrent)
        {
            throw new NotSupportedException("An engine is never waited for; use Post.");
        }

        d(state);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Makes <c>await engine.Scheduler</c> continue on the engine; at once when it is there already.</summary>
    public Awaiter GetAwaiter() => new(_engine);

    internal static FrameEngine? Enter(FrameEngine engine)
    {
        FrameEngine? outer = _current;
        _current = engine;
        SetSynchronizationContext(engine.Scheduler);
        return outer;
    }

    internal static void Leave(FrameEngine? outer)
    {
        _current = outer;
        SetSynchronizationContext(outer?.Scheduler);
    }

    /// <summary>Awaits the engine's thread.</summary>
    public readonly struct Awaiter(FrameEngine engine) : ICriticalNotifyCompletion
    {
        /// <summary>True on the engine's thread.</summary>
        public bool IsCompleted => engine.IsCurrent;

        /// <summary>Nothing to give.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Action continuation) => engine.Post(continuation);

        /// <inheritdoc/>
        public void UnsafeOnCompleted(Action continuation) => engine.Post(continuation);
    }
}
