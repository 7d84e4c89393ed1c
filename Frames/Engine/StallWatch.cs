namespace Sluice.Frames;

/// <summary>What the watchdog knows of one engine. Its thread only.</summary>
internal sealed class StallWatch(EngineThread thread, int limitMs)
{
    private EngineStall? _stall;
    private long _stalledSinceNs;

    /// <summary>True from the report of a stall to that of its end. Any thread.</summary>
    public bool IsOpen => Volatile.Read(ref _stall) is not null;

    /// <summary>Looks at the engine's present turn.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="isLate">The watchdog was held up itself: nothing new is reported.</param>
    /// <returns>False when the engine is parked, and there is nothing to report any more.</returns>
    public bool Look(long nowNs, bool isLate)
    {
        long startNs = thread.TurnStartNs;
        if (_stall is { } stall && startNs != _stalledSinceNs)
        {
            _stall = null;
            // Another long turn may have followed within the same look; then this one's end is known no better than now.
            long tookNs = thread.LongTurnStartNs == _stalledSinceNs ? thread.LongTurnNs : nowNs - _stalledSinceNs;
            Tell(() => thread.Engine.Observer.OnStallOver(stall with { ForMs = tookNs / 1_000_000 }));
        }
        else if (_stall is null && startNs != 0 && !isLate && nowNs - startNs >= limitMs * 1_000_000L && thread.Engine.Running is { } running)
        {
            string handler = HandlerName.Of(running, thread.Engine.RunningState);
            if (thread.TurnStartNs == startNs) // Else it was not the handler of that turn. Without one, the engine only waits for a core.
            {
                _stalledSinceNs = startNs;
                _stall = new EngineStall(thread.Engine.Room, thread.Engine.Index, handler, (nowNs - startNs) / 1_000_000);
                Tell(() => thread.Engine.Observer.OnStalled(_stall));
            }
        }

        return startNs != 0;
    }

    // An observer that throws must not cost the process its watchdog.
    private void Tell(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            thread.Engine.Observer.OnFault(thread.Engine, 0, exception);
        }
    }
}
