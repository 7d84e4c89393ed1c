namespace Sluice.KafkaCache.Hosting;

/// <summary>Log ids 5200-5299.</summary>
internal static partial class CacheLog
{
    [LoggerMessage(5200, LogLevel.Information, "{Engines} engine(s) run {Bindings} binding(s); segments are under {Directory}")]
    public static partial void Started(ILogger logger, int engines, int bindings, string directory);

    [LoggerMessage(5201, LogLevel.Information, "link to {Room} (process {Pid}) is up")]
    public static partial void LinkUp(ILogger logger, string room, int pid);

    [LoggerMessage(5202, LogLevel.Warning, "link to {Room} (process {Pid}) is down: that process ended; its streams are closed")]
    public static partial void LinkDown(ILogger logger, string room, int pid);

    [LoggerMessage(5203, LogLevel.Warning, "no link with {Room}: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string room, string reason);

    [LoggerMessage(5204, LogLevel.Error, "a fault of ours closed a stream of binding {Binding} on engine {Engine}")]
    public static partial void Fault(ILogger logger, string binding, int engine, Exception exception);

    [LoggerMessage(5205, LogLevel.Warning,
        "engine {Engine} is behind, {Depth} posts wait; new work is refused above {Limit} until it has caught up. Give it more cores, or run more replicas")]
    public static partial void Behind(ILogger logger, int engine, long depth, long limit);

    [LoggerMessage(EventId = 5206, Message = "{News}")]
    public static partial void Memory(ILogger logger, LogLevel level, string news);

    [LoggerMessage(5207, LogLevel.Warning,
        "engine {Engine} of {Room} is stuck: one turn has lasted {Ms} ms, in {Handler}; whatever else is on that engine waits")]
    public static partial void Stalled(ILogger logger, string room, int engine, long ms, string handler);

    [LoggerMessage(5208, LogLevel.Warning, "engine {Engine} of {Room} goes on: that turn took {Ms} ms, in {Handler}")]
    public static partial void StallOver(ILogger logger, string room, int engine, long ms, string handler);
}
