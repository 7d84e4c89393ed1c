using Sluice.Frames;

namespace Sluice.Edge.Hosting;

/// <summary>A binding of the configuration in this process: makes the part that runs on each engine, and owns what engines share.</summary>
internal interface IEdgeBinding
{
    /// <summary>The part for one engine. Called once an engine, before <see cref="StartAsync"/>; on that engine's thread or before it runs.</summary>
    IBinding Create(FrameEngine engine);

    /// <summary>Opens to the world, once all engines have their part.</summary>
    Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes nothing new any more; what is under way goes on until the token says stop.</summary>
    Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
