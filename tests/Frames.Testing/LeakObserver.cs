using System.Collections.Concurrent;

namespace Sluice.Frames.Testing;

/// <summary>Writes down faults of handlers, and what engines found missing when they stopped (DEBUG builds).</summary>
public class LeakObserver : EngineObserver
{
    /// <summary>Faults so far.</summary>
    public ConcurrentQueue<Exception> Faults { get; } = new();

    /// <summary>Leaks so far, a line each.</summary>
    public ConcurrentQueue<string> Leaks { get; } = new();

    /// <inheritdoc/>
    public override void OnFault(FrameEngine engine, long bindingId, Exception exception)
    {
        Faults.Enqueue(exception);
        Console.Error.WriteLine(exception); // A fault often shows as a test that waits in vain.
    }

    /// <inheritdoc/>
    public override void OnLeaks(FrameEngine engine, IReadOnlyList<string> leaks)
    {
        foreach (string leak in leaks)
        {
            Leaks.Enqueue($"{engine.Room}.{engine.Index}: {leak}");
        }
    }

    /// <summary>Fails on any of both. Once the engines have stopped.</summary>
    public void AssertClean()
    {
        Testing.Leaks.AssertNone("a handler threw", [.. Faults.Select(fault => fault.Message)]);
        Testing.Leaks.AssertNone("leaked", [.. Leaks]);
    }
}
