using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.Edge.Hosting;

/// <summary>Turns what engines tell into log lines.</summary>
internal sealed class EdgeObserver(GatewayConfiguration configuration, ILogger logger) : EngineObserver
{
    public override void OnFault(FrameEngine engine, long bindingId, Exception exception) =>
        EdgeLog.Fault(logger, configuration.Find(bindingId)?.QualifiedName ?? "of the engine", engine.Index, exception);

    public override void OnBehind(FrameEngine engine, long depth, long limit) => EdgeLog.Behind(logger, engine.Index, depth, limit);

    public override void OnStalled(EngineStall stall) => EdgeLog.Stalled(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnStallOver(EngineStall stall) => EdgeLog.StallOver(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnLinkUp(string room, int processId) => EdgeLog.LinkUp(logger, room, processId);

    public override void OnLinkDown(string room, int processId) => EdgeLog.LinkDown(logger, room, processId);

    public override void OnLinkRefused(string room, string message) => EdgeLog.LinkRefused(logger, room, message);

    public override void OnMemory(MemoryBudget budget, MemoryState state) =>
        EdgeLog.Memory(logger, state == MemoryState.Free ? LogLevel.Information : LogLevel.Warning, budget.Explain(state));

    public override void OnLeaks(FrameEngine engine, IReadOnlyList<string> leaks) =>
        EdgeLog.Memory(logger, LogLevel.Error, $"engine {engine.Index} stopped and was not given back: {string.Join("; ", leaks)}");
}
