namespace Sluice.Frames;

/// <summary>What a binding does with one conversation. Override what the protocol cares about.</summary>
/// <remarks>
/// Every member is called on the engine's thread, never while another handler runs, and never from inside a Send of the same
/// engine: frames are queued, so there is no re-entrance. Frames are views that end with the call.
/// The defaults never leave a stream hanging: a failure of one direction closes the other.
/// </remarks>
public abstract class StreamHandler
{
    private StreamPort? _port;

    /// <summary>The conversation as seen from here: send forward frames, grant credit for what comes in.</summary>
    public StreamPort Port => _port ?? throw new InvalidOperationException("The handler has no stream yet; it is set before its first frame.");

    internal void Attach(StreamPort port) => _port = port;

    /// <summary>The other side opened its direction.</summary>
    public virtual void OnBegin(in BeginFrame frame)
    {
    }

    /// <summary>Content arrived, within the credit granted. Call <see cref="StreamPort.Acknowledge"/> when it has been dealt with.</summary>
    public virtual void OnData(in DataFrame frame) => Port.Acknowledge(frame.Reserved);

    /// <summary>An in-band marker arrived.</summary>
    public virtual void OnFlush(in FlushFrame frame)
    {
    }

    /// <summary>The other side finished its direction; ours stays open until we end it.</summary>
    public virtual void OnEnd(in EndFrame frame)
    {
    }

    /// <summary>The other side gave up its direction: what came is incomplete.</summary>
    public virtual void OnAbort(in CloseFrame frame) => Port.Close(frame.Reason);

    /// <summary>The other side takes no more of our direction (or refused the stream, when it never began its own).</summary>
    public virtual void OnReset(in CloseFrame frame) => Port.Close(frame.Reason);

    /// <summary>Credit for our direction changed; <see cref="StreamPort.SendableBytes"/> has the new amount.</summary>
    public virtual void OnWindow(in WindowFrame frame)
    {
    }

    /// <summary>The other side asks for fresh credentials.</summary>
    public virtual void OnChallenge(in ChallengeFrame frame)
    {
    }

    /// <summary>A timer or a task of this stream is done (<see cref="StreamPort.SignalAfter"/>, <see cref="StreamPort.PostSignal"/>).</summary>
    public virtual void OnSignal(in SignalFrame frame)
    {
    }

    /// <summary>Both directions are over; nothing else follows. Give back what the stream held.</summary>
    public virtual void OnClosed()
    {
    }
}
