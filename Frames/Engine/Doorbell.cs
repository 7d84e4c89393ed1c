namespace Sluice.Frames;

/// <summary>Wakes a parked engine.</summary>
/// <remarks>A ring before the wait is not lost: the next wait returns at once.</remarks>
public abstract class Doorbell : IDisposable
{
    /// <summary>Where other processes find the bell; null when only this process can ring it.</summary>
    public virtual string? Path => null;

    /// <summary>Descriptor that becomes readable when rung, so that one wait covers bell and sockets; -1 when there is none.</summary>
    public virtual int Descriptor => -1;

    /// <summary>Wakes the engine. Any thread.</summary>
    public abstract void Ring();

    /// <summary>Sleeps until rung, or the time is up. The engine's thread.</summary>
    /// <param name="timeoutMs">From 0.</param>
    public abstract void Wait(int timeoutMs);

    /// <summary>Forgets rings that were heard through <see cref="Descriptor"/>; a new one is heard again. The engine's thread.</summary>
    public virtual void Drain()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the bell.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A bell that only this process can ring.</summary>
public sealed class LocalDoorbell : Doorbell
{
    private readonly AutoResetEvent _event = new(false);

    /// <inheritdoc/>
    public override void Ring() => _event.Set();

    /// <inheritdoc/>
    public override void Wait(int timeoutMs) => _event.WaitOne(timeoutMs);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _event.Dispose();
}
