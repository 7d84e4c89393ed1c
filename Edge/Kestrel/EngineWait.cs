using System.Threading.Tasks.Sources;
using Sluice.Frames;

namespace Sluice.Edge.Kestrel;

/// <summary>The one read or flush of a pipe that may wait: begun on any thread, ended on the engine, inline and without allocating.</summary>
internal sealed class EngineWait<T>(FrameEngine engine) : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _cancellation;

    /// <summary>True from <see cref="Park"/> until the end. Engine thread.</summary>
    public bool IsPending { get; private set; }

    /// <summary>What the caller awaits. Any thread; one at a time.</summary>
    public ValueTask<T> Begin()
    {
        _core.Reset();
        return new ValueTask<T>(this, _core.Version);
    }

    /// <summary>It cannot end yet. Engine thread.</summary>
    public void Park(CancellationToken cancellationToken)
    {
        IsPending = true;
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((EngineWait<T>)state!).PostCancelled(token), this);
        }
    }

    /// <summary>Ends what was begun; whoever awaits it goes on inside. Engine thread.</summary>
    public void Complete(T result)
    {
        Unpark();
        using var scope = new EnginePipeScheduler.Scope();
        _core.SetResult(result);
    }

    /// <summary>Ends it with an exception. Engine thread.</summary>
    public void Fail(Exception failure)
    {
        Unpark();
        using var scope = new EnginePipeScheduler.Scope();
        _core.SetException(failure);
    }

    T IValueTaskSource<T>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Unpark()
    {
        IsPending = false;
        _cancellation.Dispose();
        _cancellation = default;
    }

    private void PostCancelled(CancellationToken token)
    {
        short version = _core.Version;
        engine.Post(() =>
        {
            if (IsPending && version == _core.Version)
            {
                Fail(new OperationCanceledException(token));
            }
        });
    }
}
