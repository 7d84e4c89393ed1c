using System.Collections.Concurrent;

namespace Sluice.Frames.Testing;

/// <summary>Writes down, besides faults and leaks, which links were refused and why.</summary>
public sealed class Refusals : LeakObserver
{
    /// <summary>Reasons so far.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    /// <inheritdoc/>
    public override void OnLinkRefused(string room, string message) => Messages.Enqueue(message);
}
