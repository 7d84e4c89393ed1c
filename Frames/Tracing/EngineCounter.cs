namespace Sluice.Frames.Tracing;

/// <summary>What an engine counts: the number is the slot in the counter file, the label the name in tables. Numbers are never reused.</summary>
/// <remarks>A new counter is one line here and one property in <see cref="EngineCounters"/>.</remarks>
public enum EngineCounter
{
    /// <summary>Turns of the loop.</summary>
    [CounterLabel("engine.turns", "Turns of the loop.")]
    Turns = 0,

    /// <summary>Times the engine went to sleep.</summary>
    [CounterLabel("engine.parks", "Times the engine went to sleep.")]
    Parks = 1,

    /// <summary>Times another engine had to be woken.</summary>
    [CounterLabel("engine.doorbells", "Times another engine had to be woken.")]
    Doorbells = 2,

    /// <summary>Frames dispatched.</summary>
    [CounterLabel("engine.frames.received", "Frames dispatched.")]
    FramesReceived = 3,

    /// <summary>Frames sent.</summary>
    [CounterLabel("engine.frames.sent", "Frames sent.")]
    FramesSent = 4,

    /// <summary>Conversations opened from here.</summary>
    [CounterLabel("engine.streams.opened", "Conversations opened from here.")]
    StreamsOpened = 5,

    /// <summary>Conversations taken by a binding here.</summary>
    [CounterLabel("engine.streams.accepted", "Conversations taken by a binding here.")]
    StreamsAccepted = 6,

    /// <summary>Conversations refused: no binding, or no route.</summary>
    [CounterLabel("engine.streams.refused", "Conversations refused: no binding, or no route.")]
    StreamsRefused = 7,

    /// <summary>Ends of conversations that are over; equals opened plus accepted once all is quiet.</summary>
    [CounterLabel("engine.streams.closed", "Ends of conversations that are over; equals opened plus accepted once all is quiet.")]
    StreamsClosed = 8,

    /// <summary>Frames that broke the rules (credit, order, layout).</summary>
    [CounterLabel("engine.violations", "Frames that broke the rules (credit, order, layout).")]
    Violations = 9,

    /// <summary>Handlers that threw: faults of ours.</summary>
    [CounterLabel("engine.faults", "Handlers that threw: faults of ours.")]
    Faults = 10,

    /// <summary>Longest turn so far, in nanoseconds.</summary>
    [CounterLabel("engine.turn.max.ns", "Longest turn so far, in nanoseconds.", IsLargest = true)]
    TurnNsMax = 11,

    /// <summary>Payload bytes of DATA frames dispatched.</summary>
    [CounterLabel("engine.data.received", "Payload bytes of DATA frames dispatched.")]
    DataBytesReceived = 12,

    /// <summary>Payload bytes of DATA frames sent.</summary>
    [CounterLabel("engine.data.sent", "Payload bytes of DATA frames sent.")]
    DataBytesSent = 13,

    /// <summary>Times a sender used up its window, or wanted more than was left of it.</summary>
    [CounterLabel("engine.credit.stalls", "Times a sender used up its window, or wanted more than was left of it.")]
    CreditStalls = 14,

    /// <summary>Frames that had to wait because the ring to the peer was full.</summary>
    [CounterLabel("engine.ring.waits", "Frames that had to wait because the ring to the peer was full.")]
    RingWaits = 15,

    /// <summary>Work posted to the engine that has run.</summary>
    [CounterLabel("engine.posts", "Work posted to the engine that has run.")]
    Posts = 16,

    /// <summary>Most posts that ever waited at the start of a turn.</summary>
    [CounterLabel("engine.posts.depth.max", "Most posts that ever waited at the start of a turn.", IsLargest = true)]
    PostDepthMax = 17,

    /// <summary>Times the engine fell behind by the limit of waiting posts.</summary>
    [CounterLabel("engine.posts.overruns", "Times the engine fell behind by the limit of waiting posts.")]
    PostOverruns = 18,

    /// <summary>New work refused because the engine was behind.</summary>
    [CounterLabel("engine.posts.refused", "New work refused because the engine was behind.")]
    PostsRefused = 19,

    /// <summary>Time spent in turns that had work, in nanoseconds.</summary>
    [CounterLabel("engine.busy.ns", "Time spent in turns that had work, in nanoseconds.")]
    BusyNs = 20,

    /// <summary>Turns that lasted longer than the limit of the watchdog.</summary>
    [CounterLabel("engine.stalls", "Turns that lasted longer than the limit of the watchdog.")]
    Stalls = 21,

    /// <summary>Work that was refused because the memory budget of the process is used up.</summary>
    [CounterLabel("engine.streams.overloaded", "Work that was refused because the memory budget of the process is used up.")]
    StreamsOverloaded = 112,

    // What each Memory.MemoryUser holds, in its order.

    /// <summary>Memory of rings, in bytes.</summary>
    [CounterLabel("engine.memory.rings", "Memory of rings, in bytes.")]
    MemoryRings = 113,

    /// <summary>Memory of stream ends, in bytes.</summary>
    [CounterLabel("engine.memory.streams", "Memory of stream ends, in bytes.")]
    MemoryStreams = 114,

    /// <summary>Credit granted to senders, in bytes: what may have to be held.</summary>
    [CounterLabel("engine.memory.credit", "Credit granted to senders, in bytes: what may have to be held.")]
    MemoryCredit = 115,

    /// <summary>Memory of frames that wait for room in a ring, in bytes.</summary>
    [CounterLabel("engine.memory.overflow", "Memory of frames that wait for room in a ring, in bytes.")]
    MemoryOverflow = 116,

    /// <summary>Memory that client connections hold outside of streams, in bytes.</summary>
    [CounterLabel("engine.memory.connections", "Memory that client connections hold outside of streams, in bytes.")]
    MemoryConnections = 117,

    /// <summary>Records that were taken and are not acknowledged by Kafka, in bytes.</summary>
    [CounterLabel("engine.memory.records", "Records that were taken and are not acknowledged by Kafka, in bytes.")]
    MemoryRecords = 118,

    /// <summary>Payload bytes of DATA frames sent that say where it lies instead of carrying it.</summary>
    [CounterLabel("engine.data.referred", "Payload bytes of DATA frames sent that say where it lies instead of carrying it.")]
    DataBytesReferred = 120,
}
