namespace Sluice.Frames;

/// <summary>What an engine has done. Written by its thread only; others may read, a moment late.</summary>
#pragma warning disable CA1051 // Fields on purpose: counters are bumped on the hot path by one thread.
public sealed class EngineCounters
{
    /// <summary>Turns of the loop.</summary>
    public long Turns;

    /// <summary>Times the engine went to sleep.</summary>
    public long Parks;

    /// <summary>Times another engine had to be woken.</summary>
    public long Doorbells;

    /// <summary>Frames dispatched.</summary>
    public long FramesReceived;

    /// <summary>Frames sent.</summary>
    public long FramesSent;

    /// <summary>Conversations opened from here.</summary>
    public long StreamsOpened;

    /// <summary>Conversations taken by a binding here.</summary>
    public long StreamsAccepted;

    /// <summary>Conversations refused: no binding, or no route.</summary>
    public long StreamsRefused;

    /// <summary>Ends of conversations that are over; equals opened plus accepted once all is quiet.</summary>
    public long StreamsClosed;

    /// <summary>Frames that broke the rules (credit, order, layout).</summary>
    public long Violations;

    /// <summary>Handlers that threw: faults of ours.</summary>
    public long Faults;

    /// <summary>Longest turn so far, in nanoseconds.</summary>
    public long TurnNsMax;
}
