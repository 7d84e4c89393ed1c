using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>The status that stands for a stream which ended without a response (the stream contract of http, rule 1).</summary>
internal static class HttpRefusal
{
    /// <summary>The status of a reason.</summary>
    public static int StatusOf(CloseReason reason) => reason switch
    {
        CloseReason.None or CloseReason.NoRoute or CloseReason.Refused => 404,
        CloseReason.PeerLost or CloseReason.Unreachable or CloseReason.Shutdown or CloseReason.LimitExceeded or CloseReason.Overloaded => 503,
        CloseReason.TimedOut => 504,
        _ => 500,
    };
}
