using System.Buffers.Binary;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Opens segments after a start: by their index file when it fits, by reading them through when it does not.</summary>
/// <remarks>
/// <code>index file: "SLIX" | version i32 | segment size i64 | next offset i64 | max timestamp i64 | its position i64 |
/// entries i32 | { offset delta u32, position u32, max timestamp before i64 }... | crc32c of all before</code>
/// An index is written only after its segment is on the disk, so one that matches the file's size speaks the truth.
/// </remarks>
internal static class SegmentFiles
{
    private const uint Magic = 0x534C4958;
    private const int HeadBytes = 44;
    private const int EntryBytes = 16;

    /// <summary>Fills in an opened segment; false when its tail was torn and had to be cut at the last sound batch.</summary>
    public static bool Load(Segment segment)
    {
        long length = RandomAccess.GetLength(segment.File);
        if (TryReadIndex(segment, length))
        {
            return true;
        }

        using var scanner = new BatchScanner(segment.File, 0, length);
        long expected = segment.BaseOffset;
        while (scanner.MoveNext())
        {
            var batch = scanner.Current;
            if (batch.BaseOffset < expected || batch.LastOffsetDelta < 0 || !batch.CrcMatches())
            {
                break;
            }

            segment.Account(batch, scanner.Position);
            expected = batch.LastOffset + 1;
        }

        if (segment.SizeBytes == length)
        {
            return true;
        }

        RandomAccess.SetLength(segment.File, segment.SizeBytes);
        segment.IsDirty = true;
        return false;
    }

    public static void WriteIndex(Segment segment)
    {
        var entries = segment.Index.Entries;
        byte[] bytes = new byte[HeadBytes + (entries.Length * EntryBytes) + 4];
        var at = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32BigEndian(at, Magic);
        BinaryPrimitives.WriteInt32BigEndian(at[4..], 1);
        BinaryPrimitives.WriteInt64BigEndian(at[8..], segment.SizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(at[16..], segment.NextOffset);
        BinaryPrimitives.WriteInt64BigEndian(at[24..], segment.MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(at[32..], segment.MaxTimestampPosition);
        BinaryPrimitives.WriteInt32BigEndian(at[40..], entries.Length);
        at = at[HeadBytes..];
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt32BigEndian(at, entry.OffsetDelta);
            BinaryPrimitives.WriteUInt32BigEndian(at[4..], entry.Position);
            BinaryPrimitives.WriteInt64BigEndian(at[8..], entry.MaxTimestampBefore);
            at = at[EntryBytes..];
        }

        BinaryPrimitives.WriteUInt32BigEndian(at, Batch.Checksum(bytes.AsSpan(0, bytes.Length - 4)));
        AtomicFile.Write(IndexPath(segment.Path), bytes);
        segment.HasIndexFile = true;
    }

    public static string IndexPath(string logPath) => Path.ChangeExtension(logPath, ".index");

    private static bool TryReadIndex(Segment segment, long length)
    {
        string path = IndexPath(segment.Path);
        if (!File.Exists(path))
        {
            return false;
        }

        byte[] bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan();
        if (bytes.Length < HeadBytes + 4 || BinaryPrimitives.ReadUInt32BigEndian(at) != Magic ||
            BinaryPrimitives.ReadInt32BigEndian(at[4..]) != 1 || BinaryPrimitives.ReadInt64BigEndian(at[8..]) != length ||
            BinaryPrimitives.ReadUInt32BigEndian(at[^4..]) != Batch.Checksum(at[..^4]))
        {
            return false;
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(at[40..]);
        if (bytes.Length != HeadBytes + ((long)count * EntryBytes) + 4)
        {
            return false;
        }

        var index = new SparseIndex();
        for (int i = 0; i < count; i++)
        {
            var entry = at[(HeadBytes + (i * EntryBytes))..];
            index.Add(new SparseIndex.Entry(
                BinaryPrimitives.ReadUInt32BigEndian(entry),
                BinaryPrimitives.ReadUInt32BigEndian(entry[4..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[8..])));
        }

        segment.Restore(
            length,
            BinaryPrimitives.ReadInt64BigEndian(at[16..]),
            BinaryPrimitives.ReadInt64BigEndian(at[24..]),
            BinaryPrimitives.ReadInt64BigEndian(at[32..]),
            index);
        return true;
    }
}
