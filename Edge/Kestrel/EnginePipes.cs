using System.IO.Pipelines;
using Sluice.Edge.Http;
using Sluice.Frames;

namespace Sluice.Edge.Kestrel;

/// <summary>What every pipe between an engine and Kestrel has in common: it wakes both its ends on the engine, and holds one slot.</summary>
internal sealed class EnginePipes
{
    public EnginePipes(FrameEngine engine)
    {
        Engine = engine;
        Scheduler = new EnginePipeScheduler(engine);
        Options = new PipeOptions(
            readerScheduler: Scheduler,
            writerScheduler: Scheduler,
            pauseWriterThreshold: HttpLimits.PipeBytesMax,
            resumeWriterThreshold: HttpLimits.PipeBytesMax / 2,
            useSynchronizationContext: false);
    }

    /// <summary>The engine.</summary>
    public FrameEngine Engine { get; }

    /// <summary>Brings work back to the engine.</summary>
    public EnginePipeScheduler Scheduler { get; }

    /// <summary>How every pipe of this engine is made.</summary>
    public PipeOptions Options { get; }
}
