namespace Sluice.Frames;

/// <summary>Why a direction ended without END. One enum feeds wire answers, metrics and logs.</summary>
public enum CloseReason
{
    /// <summary>Not said.</summary>
    None = 0,

    /// <summary>No route of the binding matches.</summary>
    NoRoute = 1,

    /// <summary>The binding refused, its extension says more (a Kafka error, HTTP headers).</summary>
    Refused = 2,

    /// <summary>The process at the other end of the link died.</summary>
    PeerLost = 3,

    /// <summary>No live process runs the binding that was asked for.</summary>
    Unreachable = 4,

    /// <summary>The peer broke its protocol.</summary>
    ProtocolViolation = 5,

    /// <summary>More was sent than the window allowed.</summary>
    CreditOverrun = 6,

    /// <summary>The client left.</summary>
    Cancelled = 7,

    /// <summary>The service is stopping.</summary>
    Shutdown = 8,

    /// <summary>A fault of ours; the log has the details.</summary>
    Failed = 9,

    /// <summary>A stated limit was passed.</summary>
    LimitExceeded = 10,

    /// <summary>A stated time ran out.</summary>
    TimedOut = 11,

    /// <summary>The process over there uses its memory budget up: try again later, or elsewhere.</summary>
    Overloaded = 12,
}
