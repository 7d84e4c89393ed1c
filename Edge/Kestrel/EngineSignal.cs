using System.Threading.Tasks.Sources;

namespace Sluice.Edge.Kestrel;

/// <summary>Wakes one async method of the engine from its handlers, inline and without allocating. A set before the wait is kept.</summary>
/// <remarks>Engine thread only; await it with <c>ConfigureAwait(false)</c>, so that it continues inside <see cref="Set"/>.</remarks>
internal sealed class EngineSignal : IValueTaskSource
{
    private static readonly Action<object?> Complete = static state => ((EngineSignal)state!)._core.SetResult(true);

    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isSet;
    private bool _isAwaited;

    /// <summary>Completes at once when the signal was set since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (_isSet)
        {
            _isSet = false;
            return default;
        }

        _core.Reset();
        _isAwaited = true;
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Wakes the waiter, now or when it comes.</summary>
    public void Set()
    {
        if (_isAwaited)
        {
            _isAwaited = false;
            EnginePipeScheduler.Run(Complete, this);
        }
        else
        {
            _isSet = true;
        }
    }

    /// <summary>Forgets a set nobody waited for.</summary>
    public void Clear() => _isSet = false;

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
