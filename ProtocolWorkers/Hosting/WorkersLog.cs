using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.ProtocolWorkers.Hosting;

/// <summary>Log ids 4100-4199.</summary>
internal static partial class WorkersLog
{
    [LoggerMessage(4100, LogLevel.Information, "{Engines} engines run {Bindings} bindings")]
    public static partial void Started(ILogger logger, int engines, int bindings);

    [LoggerMessage(4101, LogLevel.Information, "linked with {Room}, process {Pid}")]
    public static partial void LinkUp(ILogger logger, string room, int pid);

    [LoggerMessage(4102, LogLevel.Warning, "the link with {Room}, process {Pid}, is gone; its streams have ended, it is made again when the process is back")]
    public static partial void LinkDown(ILogger logger, string room, int pid);

    [LoggerMessage(4103, LogLevel.Warning, "no link with {Room}: {Reason}; trying again")]
    public static partial void LinkRefused(ILogger logger, string room, string reason);

    [LoggerMessage(4104, LogLevel.Error, "{Binding} failed on engine {Engine}; one stream was closed, the others go on")]
    public static partial void Fault(ILogger logger, Exception exception, string binding, int engine);

    [LoggerMessage(4105, LogLevel.Warning,
        "engine {Engine} is behind, {Depth} posts wait; new work is refused above {Limit} until it has caught up. Give it more cores, or run more replicas")]
    public static partial void Behind(ILogger logger, int engine, long depth, long limit);

    [LoggerMessage(EventId = 4106, Message = "{News}")]
    public static partial void Memory(ILogger logger, LogLevel level, string news);

    [LoggerMessage(4107, LogLevel.Warning,
        "engine {Engine} of {Room} is stuck: one turn has lasted {Ms} ms, in {Handler}; whatever else is on that engine waits")]
    public static partial void Stalled(ILogger logger, string room, int engine, long ms, string handler);

    [LoggerMessage(4108, LogLevel.Warning, "engine {Engine} of {Room} goes on: that turn took {Ms} ms, in {Handler}")]
    public static partial void StallOver(ILogger logger, string room, int engine, long ms, string handler);
}

/// <summary>Turns what engines tell into log lines.</summary>
internal sealed class WorkersObserver(ILogger logger, Func<long, string> nameOf) : EngineObserver
{
    public override void OnFault(FrameEngine engine, long bindingId, Exception exception) =>
        WorkersLog.Fault(logger, exception, nameOf(bindingId), engine.Index);

    public override void OnBehind(FrameEngine engine, long depth, long limit) => WorkersLog.Behind(logger, engine.Index, depth, limit);

    public override void OnStalled(EngineStall stall) => WorkersLog.Stalled(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnStallOver(EngineStall stall) => WorkersLog.StallOver(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnLinkUp(string room, int processId) => WorkersLog.LinkUp(logger, room, processId);

    public override void OnLinkDown(string room, int processId) => WorkersLog.LinkDown(logger, room, processId);

    public override void OnLinkRefused(string room, string message) => WorkersLog.LinkRefused(logger, room, message);

    public override void OnMemory(MemoryBudget budget, MemoryState state) =>
        WorkersLog.Memory(logger, state == MemoryState.Free ? LogLevel.Information : LogLevel.Warning, budget.Explain(state));

    public override void OnLeaks(FrameEngine engine, IReadOnlyList<string> leaks) =>
        WorkersLog.Memory(logger, LogLevel.Error, $"engine {engine.Index} stopped and was not given back: {string.Join("; ", leaks)}");
}
