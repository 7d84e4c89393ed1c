using System.Buffers;
using System.Buffers.Text;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.Encodings;

/// <summary>The next offset to read of every partition as text that a client can hand back: etags, event ids (config-kafka §3.1).</summary>
/// <remarks>
/// <code>
///   01 | zig-zag varint count | { zig-zag varint partition | zig-zag varint offset }     base64url with padding
///   p0 -> 2, p1 -> 1          =  01 04 00 04 02 02  =  AQQABAIC
/// </code>
/// </remarks>
public static class ProgressVector
{
    /// <summary>Most partitions in one text: 4,096, the largest topics in practice; their text is about 40 kB, more than any header may be.</summary>
    public const int PartitionsMax = 4096;

    /// <summary>A text buffer of this many bytes takes any vector that fits in a header block.</summary>
    public const int TextBytesMax = 64 * 1024;

    private const byte Version = 1;
    private const int EntryBytesMax = 15; // A 32-bit varint takes up to 5 bytes, a 64-bit one up to 10.

    /// <summary>Writes the text.</summary>
    /// <param name="entries">By partition, ascending; entries of negative partitions are left out.</param>
    /// <param name="text">Room.</param>
    /// <param name="written">Bytes used of it.</param>
    /// <returns>False when the room is too small.</returns>
    public static bool TryEncode(ReadOnlySpan<PartitionOffset> entries, Span<byte> text, out int written)
    {
        written = 0;
        int rawMax = 1 + 5 + (entries.Length * EntryBytesMax);
        byte[]? rented = null;
        Span<byte> raw = rawMax <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(rawMax));
        int length = WriteRaw(entries, raw);
        bool fits = Base64.EncodeToUtf8(raw[..length], text, out _, out int bytes) == OperationStatus.Done;
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        if (fits)
        {
            text[..bytes].Replace((byte)'+', (byte)'-');
            text[..bytes].Replace((byte)'/', (byte)'_');
            written = bytes;
        }

        return fits;
    }

    /// <summary>Reads a text. Whatever is malformed counts as absent, never as an error.</summary>
    /// <param name="text">As a client sent it: base64url, its length divisible by 4.</param>
    /// <param name="entries">Room for up to <see cref="PartitionsMax"/> entries.</param>
    /// <param name="count">How many there are.</param>
    /// <returns>False when the text is malformed or the room too small.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<PartitionOffset> entries, out int count)
    {
        count = 0;
        if (text.IsEmpty || text.Length % 4 != 0 || text.Length > TextBytesMax)
        {
            return false;
        }

        byte[]? rented = null;
        Span<byte> raw = text.Length <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(text.Length));
        raw = raw[..text.Length];
        bool isSound = Unescape(text, raw)
            && Base64.DecodeFromUtf8InPlace(raw, out int length) == OperationStatus.Done
            && ReadRaw(raw[..length], entries, out count);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return isSound;
    }

    private static bool Unescape(ReadOnlySpan<byte> text, Span<byte> raw)
    {
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            bool isKnown = char.IsAsciiLetterOrDigit((char)c) || c is (byte)'-' or (byte)'_' or (byte)'=';
            if (!isKnown)
            {
                return false;
            }

            raw[i] = c == (byte)'-' ? (byte)'+' : c == (byte)'_' ? (byte)'/' : c;
        }

        return true;
    }

    private static int WriteRaw(ReadOnlySpan<PartitionOffset> entries, Span<byte> raw)
    {
        int count = 0;
        foreach (PartitionOffset entry in entries)
        {
            count += entry.Partition >= 0 ? 1 : 0;
        }

        raw[0] = Version;
        int position = 1 + WriteVarint(raw[1..], count);
        foreach (PartitionOffset entry in entries)
        {
            if (entry.Partition >= 0)
            {
                position += WriteVarint(raw[position..], entry.Partition);
                position += WriteVarint(raw[position..], entry.Offset);
            }
        }

        return position;
    }

    private static bool ReadRaw(ReadOnlySpan<byte> raw, Span<PartitionOffset> entries, out int count)
    {
        count = 0;
        if (raw.IsEmpty || raw[0] != Version)
        {
            return false;
        }

        raw = raw[1..];
        if (!TryReadVarint(ref raw, out long entryCount) || entryCount < 0 || entryCount > Math.Min(entries.Length, PartitionsMax))
        {
            return false;
        }

        for (int i = 0; i < entryCount; i++)
        {
            if (!TryReadVarint(ref raw, out long partition) || partition is < 0 or > int.MaxValue || !TryReadVarint(ref raw, out long offset))
            {
                return false;
            }

            entries[i] = new PartitionOffset((int)partition, offset);
        }

        count = (int)entryCount;
        return raw.IsEmpty;
    }

    private static int WriteVarint(Span<byte> target, long value)
    {
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        int position = 0;
        while (rest >= 0x80)
        {
            target[position++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        target[position++] = (byte)rest;
        return position;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> raw, out long value)
    {
        ulong bits = 0;
        for (int i = 0; i < raw.Length && i < 10; i++)
        {
            bits |= (ulong)(raw[i] & 0x7f) << (7 * i);
            if (raw[i] < 0x80)
            {
                value = (long)(bits >> 1) ^ -(long)(bits & 1);
                raw = raw[(i + 1)..];
                return true;
            }
        }

        value = 0;
        return false;
    }
}
