namespace Sluice.Frames.Tracing;

/// <summary>What is counted of a binding's streams (config-core §6.2, stream.*): the number is the slot within a group of ten.</summary>
/// <remarks>
/// "Received" is the initial direction of a conversation and "sent" the reply, whatever side of the binding it is on. A binding has two
/// groups: conversations opened to it, and those it opens itself. The first is its measure; an entry point (a tcp server), to which
/// nobody opens anything, is measured by the second.
/// </remarks>
public enum StreamCounter
{
    /// <summary>BEGIN of the initial direction.</summary>
    [CounterLabel("stream.opens.received", "BEGIN of the initial direction.")]
    OpensReceived = 0,

    /// <summary>END of the initial direction.</summary>
    [CounterLabel("stream.closes.received", "END of the initial direction.")]
    ClosesReceived = 1,

    /// <summary>ABORT or RESET of the initial direction.</summary>
    [CounterLabel("stream.errors.received", "ABORT or RESET of the initial direction.")]
    ErrorsReceived = 2,

    /// <summary>Payload bytes of the initial direction.</summary>
    [CounterLabel("stream.data.received", "Payload bytes of the initial direction.")]
    DataReceived = 3,

    /// <summary>Initial directions open now.</summary>
    [CounterLabel("stream.active.received", "Initial directions open now.")]
    ActiveReceived = 4,

    /// <summary>BEGIN of the reply.</summary>
    [CounterLabel("stream.opens.sent", "BEGIN of the reply.")]
    OpensSent = 5,

    /// <summary>END of the reply.</summary>
    [CounterLabel("stream.closes.sent", "END of the reply.")]
    ClosesSent = 6,

    /// <summary>ABORT or RESET of the reply.</summary>
    [CounterLabel("stream.errors.sent", "ABORT or RESET of the reply.")]
    ErrorsSent = 7,

    /// <summary>Payload bytes of the reply.</summary>
    [CounterLabel("stream.data.sent", "Payload bytes of the reply.")]
    DataSent = 8,

    /// <summary>Replies open now.</summary>
    [CounterLabel("stream.active.sent", "Replies open now.")]
    ActiveSent = 9,
}
