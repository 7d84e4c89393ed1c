using Sluice.Frames.Memory;

namespace Sluice.Frames;

// One view a frame type. Each is a ref struct over the record in the ring: reading costs nothing, storing one does not compile.

/// <summary>BEGIN: opens one direction of a stream.</summary>
public readonly ref struct BeginFrame
{
    internal BeginFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Asks that related streams share one engine; 0 for no wish.</summary>
    public long Affinity => Header.Int64(FrameLayout.BeginAffinity);

    /// <summary>The protocol's metadata, see <c>Frames/Extensions</c>.</summary>
    public ReadOnlySpan<byte> Extension => Header.From(FrameLayout.BeginExtension);
}

/// <summary>DATA: a piece of content.</summary>
public readonly ref struct DataFrame
{
    internal DataFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Where the piece stands in its message.</summary>
    public DataFlags Flags => (DataFlags)Header.Int32(FrameLayout.Detail);

    /// <summary>Credit that this frame used: payload and padding, in bytes.</summary>
    public int Reserved => Header.Int32(FrameLayout.Reserved);

    /// <summary>Shared budget that was claimed, 0 for none.</summary>
    public long BudgetId => Header.Int64(FrameLayout.BudgetId);

    /// <summary>True when there is no payload at all, which differs from an empty one (a Kafka tombstone).</summary>
    public bool IsNull => Header.Int32(FrameLayout.DataPayloadBytes) < 0;

    /// <summary>The content, wherever it lies. Of a recorded frame that refers to a file: empty.</summary>
    public ReadOnlySpan<byte> Payload =>
        !IsReference ? Header.Slice(FrameLayout.DataExtension + ExtensionBytes, PayloadBytes)
        : Source is { } source ? source.Read(Position, PayloadBytes)
        : default;

    /// <summary>The protocol's metadata; on INIT, and on FIN where trailing facts exist.</summary>
    public ReadOnlySpan<byte> Extension => Header.Slice(IsReference ? FrameLayout.ReferenceExtension : FrameLayout.DataExtension, ExtensionBytes);

    /// <summary>The file that holds the payload; null when the frame carries it.</summary>
    internal PayloadSource? Source => Header.Source;

    /// <summary>Where the payload lies in its file.</summary>
    internal long Position => Header.Int64(FrameLayout.DataPosition);

    internal bool IsReference => Header.Int32(FrameLayout.DataSource) != 0;

    internal int PayloadBytes => Math.Max(0, Header.Int32(FrameLayout.DataPayloadBytes));

    private int ExtensionBytes => Header.Int32(FrameLayout.DataExtensionBytes);
}

/// <summary>END: closes one direction cleanly.</summary>
public readonly ref struct EndFrame
{
    internal EndFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Credit that this frame used, in bytes.</summary>
    public int Reserved => Header.Int32(FrameLayout.Reserved);

    /// <summary>The protocol's metadata.</summary>
    public ReadOnlySpan<byte> Extension => Header.From(FrameLayout.EndExtension);
}

/// <summary>FLUSH: an in-band marker.</summary>
public readonly ref struct FlushFrame
{
    internal FlushFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Credit that this frame used, in bytes.</summary>
    public int Reserved => Header.Int32(FrameLayout.Reserved);

    /// <summary>The protocol's metadata.</summary>
    public ReadOnlySpan<byte> Extension => Header.From(FrameLayout.EndExtension);
}

/// <summary>ABORT (forward) or RESET (back): the direction is over without a clean end.</summary>
public readonly ref struct CloseFrame
{
    internal CloseFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Who failed and when.</summary>
    public CloseReason Reason => (CloseReason)Header.Int32(FrameLayout.Detail);

    /// <summary>The protocol's metadata.</summary>
    public ReadOnlySpan<byte> Extension => Header.From(FrameLayout.Header);
}

/// <summary>CHALLENGE: the receiver asks for fresh credentials.</summary>
public readonly ref struct ChallengeFrame
{
    internal ChallengeFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>The protocol's metadata.</summary>
    public ReadOnlySpan<byte> Extension => Header.From(FrameLayout.Header);
}

/// <summary>SIGNAL: a timer or a task of the stream's own is done.</summary>
public readonly ref struct SignalFrame
{
    internal SignalFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Number of the timer on its stream, from 1; 0 for a task.</summary>
    public long CancelId => Header.Int64(FrameLayout.SignalCancelId);

    /// <summary>What the handler asked for.</summary>
    public int SignalId => Header.Int32(FrameLayout.SignalId);

    /// <summary>Which of several.</summary>
    public int ContextId => Header.Int32(FrameLayout.SignalContextId);

    /// <summary>The task's result; empty for a timer.</summary>
    public ReadOnlySpan<byte> Payload => Header.From(FrameLayout.SignalPayload);
}

/// <summary>WINDOW: credit for the direction we send. The port has applied it before the handler sees it.</summary>
public readonly ref struct WindowFrame
{
    internal WindowFrame(FrameHeader header) => Header = header;

    /// <summary>The fields every frame has.</summary>
    public FrameHeader Header { get; }

    /// <summary>Shared budget to claim from besides, 0 for none.</summary>
    public long BudgetId => Header.Int64(FrameLayout.BudgetId);

    /// <summary>Bytes charged on top of each DATA payload.</summary>
    public int PaddingBytes => Header.Int32(FrameLayout.WindowPadding);

    /// <summary>Smallest useful window for a piece that cannot be split, in bytes.</summary>
    public int MinimumBytes => Header.Int32(FrameLayout.WindowMinimum);

    /// <summary>Bit 0: CHALLENGE is understood.</summary>
    public int Capabilities => Header.Int32(FrameLayout.WindowCapabilities);
}
