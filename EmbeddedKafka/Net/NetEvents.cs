namespace Sluice.EmbeddedKafka.Net;

/// <summary>What happens on connections and is worth a line.</summary>
internal sealed partial class NetEvents(ILogger logger)
{
    private const int FloodMs = 10_000; // What a flood of connections causes is a line now and then, not a line each.

    private long _acceptFailedAt = -FloodMs;
    private long _tooManyAt = -FloodMs;

    public void NoIPv6(int port) => NoIPv6(logger, port);

    public void AcceptFailed(string reason)
    {
        if (IsDue(ref _acceptFailedAt))
        {
            AcceptFailed(logger, reason);
        }
    }

    public void TooMany(int limit)
    {
        if (IsDue(ref _tooManyAt))
        {
            TooMany(logger, limit);
        }
    }

    public void Malformed(string peer, string what)
    {
        BrokerMetrics.Malformed.Add(1);
        Malformed(logger, peer, what);
    }

    public void Refused(string peer, short key, short version) => Refused(logger, peer, key, version);

    public void Failed(string peer, string request, Exception e) => Failed(logger, e, peer, request);

    private static bool IsDue(ref long at)
    {
        long last = Volatile.Read(ref at);
        long now = Environment.TickCount64;
        return now - last >= FloodMs && Interlocked.CompareExchange(ref at, now, last) == last;
    }

    [LoggerMessage(8020, LogLevel.Debug, "Port {Port} of ::1 is not to be had; clients that say localhost fall back to 127.0.0.1")]
    private static partial void NoIPv6(ILogger logger, int port);

    [LoggerMessage(8021, LogLevel.Warning, "A connection could not be accepted: {Reason}. The next one is tried")]
    private static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(8022, LogLevel.Warning, "New connections are closed at once: {Limit} are open, which is the limit; end some")]
    private static partial void TooMany(ILogger logger, int limit);

    [LoggerMessage(8023, LogLevel.Warning, "Client {Peer} sent {What}; its connection was closed")]
    private static partial void Malformed(ILogger logger, string peer, string what);

    [LoggerMessage(8024, LogLevel.Warning, "Client {Peer} asked for API {Key} version {Version}, which is not served; it was told UNSUPPORTED_VERSION")]
    private static partial void Refused(ILogger logger, string peer, short key, short version);

    [LoggerMessage(8025, LogLevel.Error, "Request {Request} of client {Peer} failed in the broker; its connection was closed")]
    private static partial void Failed(ILogger logger, Exception e, string peer, string request);
}
