using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Grpc;

/// <summary>Frames in one message: records one behind the other, each at a multiple of 8, the last one padded too.</summary>
internal static class FrameBatch
{
    /// <summary>A batch is sent once it is this long: large enough that HTTP/2 costs little per frame, small enough to share a connection.</summary>
    public const int BytesTarget = 64 * 1024;

    /// <summary>The longest batch: one record may begin just below the target.</summary>
    public const int BytesMax = BytesTarget + FrameLayout.RecordBytesMax + FrameLayout.Alignment;

    /// <summary>Takes what waits in the ring, up to the target.</summary>
    /// <returns>Bytes filled; 0 when nothing waits.</returns>
    public static int Gather(FrameRing ring, Span<byte> batch)
    {
        int filled = 0;
        while (filled < BytesTarget && ring.TryRead(out ReadOnlySpan<byte> record))
        {
            record.CopyTo(batch[filled..]);
            int end = filled + record.Length;
            filled += FrameLayout.Align(record.Length);
            batch[end..filled].Clear();
            ring.Skip();
        }

        if (filled > 0)
        {
            ring.Release();
        }

        return filled;
    }

    /// <summary>Puts frames into the ring, as far as there is room.</summary>
    /// <param name="ring">The engine's ring.</param>
    /// <param name="batch">What arrived.</param>
    /// <param name="at">Where to begin; moves behind what was put.</param>
    /// <returns>True when all is in; false when the ring is full.</returns>
    /// <exception cref="InvalidDataException">The bytes are no frames.</exception>
    public static bool TryDeliver(FrameRing ring, ReadOnlySpan<byte> batch, ref int at)
    {
        while (at < batch.Length)
        {
            int left = batch.Length - at;
            int length = left < FrameLayout.Header ? 0 : BinaryPrimitives.ReadInt32LittleEndian(batch[at..]);
            if (length < FrameLayout.Header || length > FrameLayout.RecordBytesMax || FrameLayout.Align(length) > left || !FrameCheck.IsSound(batch.Slice(at, length)))
            {
                throw new InvalidDataException($"the peer sent bytes that are no frame (at {at} of a batch of {batch.Length})");
            }

            if (!ring.TryClaim(length, out Span<byte> record))
            {
                return false;
            }

            batch.Slice(at, length).CopyTo(record);
            ring.Commit(length);
            at += FrameLayout.Align(length);
        }

        return true;
    }
}
