using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>Every limit of the http server, with its unit and its reason.</summary>
internal static class HttpLimits
{
    /// <summary>Header block of a request, in bytes: one slot. Beyond it the answer is 431.</summary>
    public const int HeaderBytesMax = 32 * 1024;

    /// <summary>Start line of a request, in bytes: half a slot, so that the line and its headers fit one extension. Beyond it the answer is 414.</summary>
    public const int StartLineBytesMax = 16 * 1024;

    /// <summary>Headers of one request: twice what browsers and proxies send; bounds the cost of matching. Beyond it the answer is 431.</summary>
    public const int HeaderCountMax = 200;

    /// <summary>An idle HTTP/1.1 connection closes after this long, in seconds: longer than usual balancers keep theirs (60), so that they close first.</summary>
    public const int KeepAliveSeconds = 120;

    /// <summary>A request's head must be complete within this long, in seconds.</summary>
    public const int RequestHeadSeconds = 30;

    /// <summary>
    /// A client that finished sending waits for its answer or has left; when nothing could be sent to it for this long, in
    /// milliseconds, it has left: five times what a slow app should take, and short enough not to pile up abandoned requests.
    /// </summary>
    public const int FinishedClientMs = 5000;

    /// <summary>Window towards the client's bytes, in bytes: one slot (config-core §3.1).</summary>
    public const int ConnectionWindowBytes = FrameLayout.PayloadBytesMax;

    /// <summary>Bytes of a connection that wait for the parser, or for the socket, before the side that fills them pauses: one slot.</summary>
    public const int PipeBytesMax = FrameLayout.PayloadBytesMax;

    /// <summary>
    /// What a connection may hold outside of its streams' windows, in bytes: a full pipe of bytes to send, and 16 KiB of Kestrel's own (10 KB
    /// measured). With HTTP/2 besides <see cref="ConnectionStreamsWindowBytes"/>: request bytes that wait for apps.
    /// </summary>
    public const int ConnectionHeldBytes = PipeBytesMax + (16 * 1024);

    /// <summary>Window of a response, in bytes: two slots, one being written while the next is on its way.</summary>
    public const int ResponseWindowBytes = 2 * FrameLayout.PayloadBytesMax;

    /// <summary>HTTP/2: requests under way on one connection. The usual figure of browsers; more are refused and tried again by the client.</summary>
    public const int StreamsPerConnectionMax = 100;

    /// <summary>HTTP/2: request bytes of one stream that wait for the app: two slots (the least the protocol allows is 65,535).</summary>
    public const int StreamWindowBytes = 2 * FrameLayout.PayloadBytesMax;

    /// <summary>HTTP/2: the same for a whole connection: four slots, so that one slow app does not stop the other streams.</summary>
    public const int ConnectionStreamsWindowBytes = 4 * FrameLayout.PayloadBytesMax;
}
