namespace Sluice.Frames;

/// <summary>Timers of one engine, soonest first. Engine thread only.</summary>
internal sealed class TimerQueue
{
    private readonly PriorityQueue<EngineTimer, (long DueNs, long Order)> _timers = new();
    private long _order;

    public long NextDueNs
    {
        get
        {
            while (_timers.TryPeek(out EngineTimer? timer, out (long DueNs, long Order) key))
            {
                if (!timer.IsDone)
                {
                    return key.DueNs;
                }

                _timers.Dequeue();
            }

            return long.MaxValue;
        }
    }

    public EngineTimer Add(long dueNs, Action<object?> callback, object? state)
    {
        var timer = new EngineTimer(callback, state);
        _timers.Enqueue(timer, (dueNs, _order++));
        return timer;
    }

    public int Fire(long nowNs, FrameEngine engine)
    {
        int count = 0;
        while (_timers.TryPeek(out EngineTimer? timer, out (long DueNs, long Order) key) && key.DueNs <= nowNs)
        {
            _timers.Dequeue();
            count++;
            try
            {
                timer.Fire();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                engine.OnBindingFault(0, exception);
            }
        }

        return count;
    }
}

/// <summary>A timer that may be called off. Engine thread only.</summary>
public sealed class EngineTimer : IDisposable
{
    private Action<object?>? _callback;
    private object? _state;

    internal EngineTimer(Action<object?> callback, object? state)
    {
        _callback = callback;
        _state = state;
    }

    /// <summary>True when it has fired or was called off.</summary>
    public bool IsDone => _callback is null;

    internal void Fire()
    {
        Action<object?>? callback = _callback;
        object? state = _state;
        Dispose();
        callback?.Invoke(state);
    }

    /// <summary>Calls the timer off.</summary>
    public void Dispose()
    {
        _callback = null;
        _state = null;
    }
}
