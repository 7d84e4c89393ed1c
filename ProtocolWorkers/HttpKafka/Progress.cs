using System.Buffers;
using Sluice.Frames.Extensions;
using Sluice.ProtocolWorkers.Encodings;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Progress vectors as etags: unquoted, with the record's own tag behind a slash (config-kafka §4.8 rule 4).</summary>
internal static class Progress
{
    /// <summary>Adds the header <c>etag</c>; leaves it out for a vector that no header could hold.</summary>
    public static void AddEtag(ref ExtensionWriter writer, PartitionOffsets progress, ReadOnlySpan<byte> recordTag)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(TextBytes(progress.Count) + 1 + recordTag.Length);
        if (TryWrite(progress, recordTag, rented, out int length))
        {
            writer.AddHeader("etag"u8, rented.AsSpan(0, length));
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Writes <c>progress</c> or <c>progress/tag</c>.</summary>
    public static bool TryWrite(PartitionOffsets progress, ReadOnlySpan<byte> recordTag, Span<byte> text, out int length)
    {
        PartitionOffset[] entries = ArrayPool<PartitionOffset>.Shared.Rent(progress.Count);
        progress.CopyTo(entries);
        bool fits = ProgressVector.TryEncode(entries.AsSpan(0, progress.Count), text, out length);
        ArrayPool<PartitionOffset>.Shared.Return(entries);
        if (!fits || recordTag.IsEmpty)
        {
            return fits;
        }

        text[length++] = (byte)'/';
        fits = recordTag.TryCopyTo(text[length..]);
        length += recordTag.Length;
        return fits;
    }

    /// <summary>Room that the text of so many partitions may need, in bytes.</summary>
    public static int TextBytes(int partitions) => ((6 + (partitions * 15)) / 3 * 4) + 8;
}
