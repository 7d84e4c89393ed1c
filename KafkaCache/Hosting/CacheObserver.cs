using Sluice.Configuration.Graph;
using Sluice.Frames;

namespace Sluice.KafkaCache.Hosting;

/// <summary>Turns what engines tell into log lines.</summary>
internal sealed class CacheObserver(GatewayConfiguration configuration, ILogger logger) : EngineObserver
{
    public override void OnFault(FrameEngine engine, long bindingId, Exception exception) =>
        CacheLog.Fault(logger, configuration.Find(bindingId)?.QualifiedName ?? "of the engine", engine.Index, exception);

    public override void OnBehind(FrameEngine engine, long depth, long limit) => CacheLog.Behind(logger, engine.Index, depth, limit);

    public override void OnLinkUp(string room, int processId) => CacheLog.LinkUp(logger, room, processId);

    public override void OnLinkDown(string room, int processId) => CacheLog.LinkDown(logger, room, processId);

    public override void OnLinkRefused(string room, string message) => CacheLog.LinkRefused(logger, room, message);
}
