using Sluice.Frames.Memory;

namespace Sluice.Frames;

// Payload by reference (design.md §4): credit, padding, budgets and the size of a piece are those of payload that is carried.
public sealed partial class StreamPort
{
    /// <summary>Payload that is shorter is copied: telling where it lies costs as much (docs/performance.md).</summary>
    internal const int ReferenceBytesMin = 2048;

    /// <summary>Sends one piece of content that lies in a mapped file: without copying it where the other end can read it there.</summary>
    /// <param name="source">The file.</param>
    /// <param name="position">Where the piece begins in it.</param>
    /// <param name="bytes">Its size, at most <see cref="SendableBytes"/>.</param>
    /// <param name="flags">Where the piece stands in its message.</param>
    /// <param name="extension">Metadata; needs no credit.</param>
    /// <returns>False, with nothing sent, when the window is too small or our direction is closed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The file does not reach so far.</exception>
    public bool TrySendReference(PayloadSource source, long position, int bytes, DataFlags flags = DataFlags.Whole, ReadOnlySpan<byte> extension = default)
    {
        if (!TryClaimReference(source, position, bytes, extension.Length, out DataClaim claim))
        {
            return false;
        }

        extension.CopyTo(claim.Extension);
        claim.Commit(bytes, flags);
        return true;
    }

    /// <summary>As <see cref="TrySendReference"/>, with an extension that is filled in place: fill it, then commit all of the piece.</summary>
    public bool TryClaimReference(PayloadSource source, long position, int bytes, int extensionBytes, out DataClaim claim)
    {
        ReadOnlySpan<byte> payload = source.Read(position, bytes);
        if (bytes >= ReferenceBytesMin && IsOutOpen && _link.CanRefer(source))
        {
            bool hasCredit = HasCredit(bytes, extensionBytes);
            claim = hasCredit ? _link.ClaimReference(this, source, position, extensionBytes) : default;
            return hasCredit;
        }

        if (!TryClaimData(bytes, extensionBytes, out claim))
        {
            return false;
        }

        payload.CopyTo(claim.Payload);
        return true;
    }

    /// <summary>Sends on what arrived at another end, null or not: by reference when it came so, and what follows can read it there.</summary>
    /// <param name="frame">What arrived.</param>
    /// <param name="flags">Where the piece stands in its message.</param>
    /// <param name="extension">Metadata; needs no credit.</param>
    /// <returns>False, with nothing sent, when the window is too small or our direction is closed.</returns>
    public bool TryPassOn(in DataFrame frame, DataFlags flags, ReadOnlySpan<byte> extension = default) =>
        frame.IsNull ? TrySendNull(extension, flags)
        : frame.Source is { } source ? TrySendReference(source, frame.Position, frame.PayloadBytes, flags, extension)
        : TrySendData(frame.Payload, flags, extension);
}
