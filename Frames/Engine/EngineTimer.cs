namespace Sluice.Frames;

/// <summary>A timer of one engine: it is its own entry in the engine's <see cref="TimerWheel"/>. Engine thread only.</summary>
/// <remarks>
/// From <see cref="FrameEngine.Schedule"/> it fires once and then lets go of callback and state. From <see cref="FrameEngine.NewTimer"/> it may be
/// started, moved and stopped as often as wanted without allocating: for a time-out that each message pushes back.
/// </remarks>
public sealed class EngineTimer : IDisposable
{
    private readonly TimerWheel _wheel;
    private readonly bool _isReusable;
    private Action<object?>? _callback;
    private object? _state;

    internal EngineTimer(TimerWheel wheel, Action<object?> callback, object? state, bool isReusable)
    {
        _wheel = wheel;
        _callback = callback;
        _state = state;
        _isReusable = isReusable;
    }

    /// <summary>True while it is neither running nor to fire: it has fired, was stopped, called off, or not started yet.</summary>
    public bool IsDone => Slot < 0;

    // Its place in a list of the wheel; Slot is -1 outside of any.
    internal EngineTimer? Previous { get; set; }

    internal EngineTimer? Next { get; set; }

    internal int Slot { get; set; } = -1;

    internal long DueNs { get; set; }

    /// <summary>Starts the timer, or moves it when it is running.</summary>
    /// <param name="delayMs">From 0, counted from this turn's time; what is longer than 292 years never fires.</param>
    /// <exception cref="ObjectDisposedException">It was called off, or fired once and cannot be used again.</exception>
    public void Start(long delayMs)
    {
        ObjectDisposedException.ThrowIf(_callback is null, this);
        _wheel.Start(this, delayMs);
    }

    /// <summary>Stops the timer; it may be started again.</summary>
    public void Stop() => _wheel.Remove(this);

    /// <summary>Calls the timer off for good: it leaves at once and holds nothing.</summary>
    public void Dispose()
    {
        _wheel.Remove(this);
        _callback = null;
        _state = null;
    }

    /// <summary>Runs the callback. It has left the wheel before, so that the callback may start it again.</summary>
    internal void Fire(FrameEngine engine)
    {
        Action<object?> callback = _callback!;
        object? state = _state;
        if (!_isReusable)
        {
            _callback = null;
            _state = null;
        }

        engine.Running = callback;
        try
        {
            callback(state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            engine.OnBindingFault(0, exception);
        }
    }
}
