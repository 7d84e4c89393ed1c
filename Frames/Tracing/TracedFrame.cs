namespace Sluice.Frames.Tracing;

/// <summary>A frame seen on a link, copied.</summary>
public sealed class TracedFrame
{
    internal TracedFrame(TracedWay way, byte[] record, long lostBytes)
    {
        Way = way;
        Record = record;
        LostBytes = lostBytes;
    }

    /// <summary>From which engine to which.</summary>
    public TracedWay Way { get; }

    /// <summary>The whole record (docs/frames.md).</summary>
    public byte[] Record { get; }

    /// <summary>Bytes of the ring that were overwritten before they could be read, just before this frame; usually 0.</summary>
    public long LostBytes { get; }

    /// <summary>Its fields.</summary>
    public FrameHeader Header => new(Record);
}

/// <summary>One direction between two engines, with names for people.</summary>
/// <param name="From">Sender, such as <c>edge-0</c>.</param>
/// <param name="FromEngine">Its engine.</param>
/// <param name="To">Receiver.</param>
/// <param name="ToEngine">Its engine.</param>
public sealed record TracedWay(string From, int FromEngine, string To, int ToEngine);
