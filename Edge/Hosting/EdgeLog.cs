using System.Net;

namespace Sluice.Edge.Hosting;

/// <summary>Log ids 3000-3999.</summary>
internal static partial class EdgeLog
{
    [LoggerMessage(3000, LogLevel.Information, "edge: {Binding} listens on {Address}")]
    public static partial void Listening(ILogger logger, string binding, IPEndPoint address);

    [LoggerMessage(3001, LogLevel.Warning,
        "edge: {Binding} closes new connections, {Max} are open; end some, run more replicas, or raise {Key}")]
    public static partial void ConnectionLimitReached(ILogger logger, string binding, int max, string key);

    [LoggerMessage(3002, LogLevel.Warning, "edge: {Binding} could not accept a connection: {Reason}; trying again")]
    public static partial void AcceptFailed(ILogger logger, string binding, string reason);

    [LoggerMessage(3003, LogLevel.Information, "edge: linked to {Room}, process {Pid}")]
    public static partial void LinkUp(ILogger logger, string room, int pid);

    [LoggerMessage(3004, LogLevel.Warning, "edge: {Room}, process {Pid}, is gone; requests to it get 503 until it is back")]
    public static partial void LinkDown(ILogger logger, string room, int pid);

    [LoggerMessage(3005, LogLevel.Warning, "edge: no link to {Room} yet: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string room, string reason);

    [LoggerMessage(3006, LogLevel.Error, "edge: binding {Binding} on engine {Engine} failed; its stream was closed, all others go on")]
    public static partial void Fault(ILogger logger, string binding, int engine, Exception exception);

    [LoggerMessage(3007, LogLevel.Warning,
        "edge: engine {Engine} is behind, {Depth} posts wait; new work is refused above {Limit} until it has caught up. Give it more cores, or run more replicas")]
    public static partial void Behind(ILogger logger, int engine, long depth, long limit);

    [LoggerMessage(EventId = 3008, Message = "edge: {News}")]
    public static partial void Memory(ILogger logger, LogLevel level, string news);

    [LoggerMessage(3009, LogLevel.Warning,
        "edge: engine {Engine} of {Room} is stuck: one turn has lasted {Ms} ms, in {Handler}; whatever else is on that engine waits")]
    public static partial void Stalled(ILogger logger, string room, int engine, long ms, string handler);

    [LoggerMessage(3010, LogLevel.Warning, "edge: engine {Engine} of {Room} goes on: that turn took {Ms} ms, in {Handler}")]
    public static partial void StallOver(ILogger logger, string room, int engine, long ms, string handler);
}
