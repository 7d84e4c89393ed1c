using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>Hears what an operator should know of an engine; a service turns it into log lines.</summary>
public class EngineObserver
{
    /// <summary>A handler or binding threw; its stream was closed. Engine thread.</summary>
    public virtual void OnFault(FrameEngine engine, long bindingId, Exception exception)
    {
    }

    /// <summary>More work is posted than the engine gets done; new work is refused until it has caught up. Engine thread; once until it has.</summary>
    /// <param name="engine">That is behind.</param>
    /// <param name="depth">Posts that wait.</param>
    /// <param name="limit">From here on new work is refused.</param>
    public virtual void OnBehind(FrameEngine engine, long depth, long limit)
    {
    }

    /// <summary>An engine is in one turn for longer than the limit: whatever it runs blocks all else on it. The watchdog's thread, once a turn.</summary>
    public virtual void OnStalled(EngineStall stall)
    {
    }

    /// <summary>The turn that <see cref="OnStalled"/> told of is over; <see cref="EngineStall.ForMs"/> is its whole length. The watchdog's thread.</summary>
    public virtual void OnStallOver(EngineStall stall)
    {
    }

    /// <summary>A link to another process is up. Any thread.</summary>
    public virtual void OnLinkUp(string room, int processId)
    {
    }

    /// <summary>The process at the other end of a link is gone; its streams have ended. Any thread.</summary>
    public virtual void OnLinkDown(string room, int processId)
    {
    }

    /// <summary>A link could not be made; the message says why and what to do. It is tried again. Any thread.</summary>
    public virtual void OnLinkRefused(string room, string message)
    {
    }

    /// <summary>The memory budget of the process is used up as never since it was last free, or is free again. The engine's thread that took or gave the last bytes.</summary>
    public virtual void OnMemory(MemoryBudget budget, MemoryState state)
    {
    }

    /// <summary>An engine has stopped and something was not given back: a fault of ours. DEBUG builds only; the engine's last thread.</summary>
    public virtual void OnLeaks(FrameEngine engine, IReadOnlyList<string> leaks)
    {
    }
}
