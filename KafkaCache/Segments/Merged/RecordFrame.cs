using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>Sends a record as DATA: metadata copied from its mapped segment, the value referred to there or copied too.</summary>
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
        int valueBytes = record.Value.Length;
        sentBytes = Math.Min(valueBytes, PieceBytes(port));
        bool isStuck = sentBytes == 0 && valueBytes > 0;
        int extensionBytes = (int)ExtensionBytes(record, progress.Length);
        if (isStuck || !port.TryClaimReference(record.Segment.Source, record.ValuePosition, sentBytes, extensionBytes, out DataClaim claim))
        {
            sentBytes = 0;
            return false;
        }

        ExtensionWriter writer = KafkaDataEx.WriteFetch(
            claim.Extension, record.TimestampMs, partition, record.Offset, filters, valueBytes, progress);
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
        claim.Commit(record.IsValueNull ? -1 : sentBytes, sentBytes == valueBytes ? DataFlags.Whole : DataFlags.Init);
        return true;
    }

    /// <summary>Sends more of a value, as far as credit allows.</summary>
    /// <returns>True when it is complete.</returns>
    public static bool TrySendRest(StreamPort port, in RecordView record, ref int sentBytes)
    {
        int valueBytes = record.Value.Length;
        while (sentBytes < valueBytes)
        {
            int bytes = Math.Min(valueBytes - sentBytes, PieceBytes(port));
            bool isLast = sentBytes + bytes == valueBytes;
            if (bytes == 0 || !port.TrySendReference(record.Segment.Source, record.ValuePosition + sentBytes, bytes, isLast ? DataFlags.Fin : DataFlags.None))
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
