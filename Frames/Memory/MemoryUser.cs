namespace Sluice.Frames.Memory;

/// <summary>Who holds memory: the budget of a process is the sum of these. The order is that of the gauges in <see cref="Tracing.EngineCounter"/>.</summary>
public enum MemoryUser
{
    /// <summary>Rings: those of the engines and those of links. There from the start (or from the link's), never refused.</summary>
    Rings = 0,

    /// <summary>Ends of conversations: the port, its place in a table and a small handler.</summary>
    Streams = 1,

    /// <summary>Credit: what senders may still send and what arrived and has not been dealt with. Who grants a window may have to hold it.</summary>
    Credit = 2,

    /// <summary>Frames that wait because the ring to their peer is full.</summary>
    Overflow = 3,

    /// <summary>Client connections: what a protocol's reader and writer hold outside of streams.</summary>
    Connections = 4,

    /// <summary>Records on their way to Kafka that were taken and are not acknowledged.</summary>
    Records = 5,
}
