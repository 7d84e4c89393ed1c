using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.KafkaCache.Hosting;

/// <summary>Turns what engines tell into log lines.</summary>
internal sealed class CacheObserver(GatewayConfiguration configuration, ILogger logger) : EngineObserver
{
    public override void OnFault(FrameEngine engine, long bindingId, Exception exception) =>
        CacheLog.Fault(logger, configuration.Find(bindingId)?.QualifiedName ?? "of the engine", engine.Index, exception);

    public override void OnBehind(FrameEngine engine, long depth, long limit) => CacheLog.Behind(logger, engine.Index, depth, limit);

    public override void OnStalled(EngineStall stall) => CacheLog.Stalled(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnStallOver(EngineStall stall) => CacheLog.StallOver(logger, stall.Room, stall.Engine, stall.ForMs, stall.Handler);

    public override void OnLinkUp(string room, int processId) => CacheLog.LinkUp(logger, room, processId);

    public override void OnLinkDown(string room, int processId) => CacheLog.LinkDown(logger, room, processId);

    public override void OnLinkRefused(string room, string message) => CacheLog.LinkRefused(logger, room, message);

    public override void OnMemory(MemoryBudget budget, MemoryState state) =>
        CacheLog.Memory(logger, state == MemoryState.Free ? LogLevel.Information : LogLevel.Warning, budget.Explain(state));

    public override void OnLeaks(FrameEngine engine, IReadOnlyList<string> leaks) =>
        CacheLog.Memory(logger, LogLevel.Error, $"engine {engine.Index} stopped and was not given back: {string.Join("; ", leaks)}");
}
