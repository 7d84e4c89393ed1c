namespace Sluice.Frames;

/// <summary>Hears what an operator should know of an engine; a service turns it into log lines. Called on the engine's thread.</summary>
public class EngineObserver
{
    /// <summary>A handler or binding threw; its stream was closed.</summary>
    public virtual void OnFault(FrameEngine engine, long bindingId, Exception exception)
    {
    }

    /// <summary>A way to another engine opened.</summary>
    public virtual void OnLinkUp(FrameEngine engine, string room)
    {
    }

    /// <summary>A way to another engine is gone.</summary>
    public virtual void OnLinkDown(FrameEngine engine, string room, CloseReason reason)
    {
    }
}
