using System.Buffers.Binary;

namespace Sluice.KafkaCache.Segments;

/// <summary>A segment in the order of a partition.</summary>
/// <param name="Id">Names its file; never used twice in a partition.</param>
/// <param name="BaseOffset">No record in it has a lower offset.</param>
internal readonly record struct SegmentEntry(int Id, long BaseOffset);

/// <summary>The segments of a partition in offset order, as a small file that is replaced as a whole with every change.</summary>
/// <remarks><c>magic i32 | count i32 | { id i32, zero i32, base offset i64 }</c></remarks>
internal static class SegmentList
{
    private const int Magic = 0x54534c31; // "1LST"
    private const int HeaderBytes = 8;
    private const int EntryBytes = 16;

    public static void Write(string path, IReadOnlyList<SegmentEntry> entries)
    {
        byte[] bytes = new byte[HeaderBytes + (entries.Count * EntryBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            Span<byte> at = bytes.AsSpan(HeaderBytes + (i * EntryBytes));
            BinaryPrimitives.WriteInt32LittleEndian(at, entries[i].Id);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], entries[i].BaseOffset);
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream stream = new(path, options);
        stream.Write(bytes);
    }

    /// <summary>Reads a list.</summary>
    /// <returns>Null when the file is gone: a newer list has taken its place.</returns>
    /// <exception cref="InvalidDataException">It is no list.</exception>
    public static SegmentEntry[]? TryRead(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        int count = bytes.Length < HeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
        if (count < 0 || BinaryPrimitives.ReadInt32LittleEndian(bytes) != Magic || bytes.Length != HeaderBytes + ((long)count * EntryBytes))
        {
            throw new InvalidDataException($"{path} is not a list of segments");
        }

        var entries = new SegmentEntry[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> at = bytes.AsSpan(HeaderBytes + (i * EntryBytes));
            entries[i] = new SegmentEntry(BinaryPrimitives.ReadInt32LittleEndian(at), BinaryPrimitives.ReadInt64LittleEndian(at[8..]));
        }

        return entries;
    }
}
