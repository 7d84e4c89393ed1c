using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>Room for one DATA frame in the outgoing ring: fill extension and payload, then commit. Forgetting it sends nothing.</summary>
public readonly ref struct DataClaim
{
    private readonly LinkEnd _link;
    private readonly StreamPort _port;
    private readonly Span<byte> _record;
    private readonly PayloadSource? _source;
    private readonly int _claim;

    internal DataClaim(LinkEnd link, StreamPort port, Span<byte> record, int extensionBytes, PayloadSource? source, int claim)
    {
        _source = source;
        _claim = claim;
        _link = link;
        _port = port;
        _record = record;
        int start = source is null ? FrameLayout.DataExtension : FrameLayout.ReferenceExtension;
        Extension = record.Slice(start, extensionBytes);
        Payload = record[(start + extensionBytes)..];
    }

    /// <summary>Room for the extension, of the size asked for.</summary>
    public Span<byte> Extension { get; }

    /// <summary>Room for the payload, of the size asked for; none when the frame refers to it.</summary>
    public Span<byte> Payload { get; }

    /// <summary>Sends the frame.</summary>
    /// <param name="payloadBytes">Payload really filled, at most what was claimed; -1 for none at all (null).</param>
    /// <param name="flags">Where the piece stands in its message.</param>
    public void Commit(int payloadBytes, DataFlags flags = DataFlags.Whole) =>
        _link.CommitData(_port, _record, Extension.Length, payloadBytes, flags, _source, _claim);
}
