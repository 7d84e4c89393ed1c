using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>Writes a record from its mapped segment straight into a DATA frame.</summary>
internal static class RecordFrame
{
    // type, timestamp, partition, offset, filters, value bytes; then four counts or lengths: progress, key, headers.
    private const int FixedBytes = 36 + 12;
    private const int ProgressEntryBytes = 12;

    /// <summary>Size of the record's metadata in a frame, in bytes.</summary>
    public static long ExtensionBytes(in RecordView record, int partitions) =>
        (long)FixedBytes + (partitions * ProgressEntryBytes) + record.Key.Length + record.HeaderFields.Length;

    /// <summary>Sends metadata and as much of the value as credit allows, at least a byte of it.</summary>
    /// <param name="port">Where to.</param>
    /// <param name="record">The record.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="filters">Which filters it matches.</param>
    /// <param name="progress">Next offset to read of every partition, after this record.</param>
    /// <param name="sentBytes">How much of the value is sent.</param>
    /// <returns>False, with nothing sent, without credit.</returns>
    public static bool TrySendFirst(
        StreamPort port, in RecordView record, int partition, long filters, ReadOnlySpan<PartitionOffset> progress, out int sentBytes)
    {
        ReadOnlySpan<byte> value = record.Value;
        sentBytes = Math.Min(value.Length, PieceBytes(port));
        bool isStuck = sentBytes == 0 && value.Length > 0;
        if (isStuck || !port.TryClaimData(sentBytes, (int)ExtensionBytes(record, progress.Length), out DataClaim claim))
        {
            sentBytes = 0;
            return false;
        }

        ExtensionWriter writer = KafkaDataEx.WriteFetch(
            claim.Extension, record.TimestampMs, partition, record.Offset, filters, value.Length, progress);
        if (record.IsKeyNull)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteBytes(record.Key);
        }

        writer.WriteInt32(record.HeaderCount);
        writer.WriteRaw(record.HeaderFields);
        value[..sentBytes].CopyTo(claim.Payload);
        claim.Commit(record.IsValueNull ? -1 : sentBytes, sentBytes == value.Length ? DataFlags.Whole : DataFlags.Init);
        return true;
    }

    /// <summary>Sends more of a value, as far as credit allows.</summary>
    /// <returns>True when it is complete.</returns>
    public static bool TrySendRest(StreamPort port, ReadOnlySpan<byte> value, ref int sentBytes)
    {
        while (sentBytes < value.Length)
        {
            int bytes = Math.Min(value.Length - sentBytes, PieceBytes(port));
            bool isLast = sentBytes + bytes == value.Length;
            if (bytes == 0 || !port.TrySendData(value.Slice(sentBytes, bytes), isLast ? DataFlags.Fin : DataFlags.None))
            {
                return false;
            }

            sentBytes += bytes;
        }

        return true;
    }

    // Padding is what the receiver adds to each piece: leave it room in one frame of its own.
    private static int PieceBytes(StreamPort port) => Math.Min(port.SendableBytes, FrameLayout.PayloadBytesMax - port.PaddingBytes);
}
