using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Crash;

/// <summary>A ring in a mapped file, with a ledger before it that says how far each side got, and survives both.</summary>
/// <remarks>
/// <code>
///    0  committed i64   records the producer had committed, written after each commit
///  128  processed i64   records the consumer had looked at, written before it frees them
///  256  released  i64   records the consumer had freed, written after it freed them
/// 4096  the ring
/// </code>
/// A killed process may be one record ahead of its own entry, never behind it.
/// </remarks>
public sealed unsafe class CrashRing : IDisposable
{
    private const int CapacityBytes = FrameRing.CapacityBytesMin;
    private const int RingOffset = 4096;

    private readonly MappedFile _file;

    private CrashRing(MappedFile file) => _file = file;

    /// <summary>Lays out the file; done by the test.</summary>
    public static CrashRing Create(string path)
    {
        var ring = new CrashRing(MappedFile.Create(path, RingOffset + FrameRing.SizeOf(CapacityBytes)));
        FrameRing.Create(ring._file.Start + RingOffset, CapacityBytes);
        return ring;
    }

    /// <summary>Maps what the test laid out.</summary>
    public static CrashRing Open(string path) => new(MappedFile.Open(path));

    /// <summary>Joins the ring where its cursors stand now: a new life of one side.</summary>
    public FrameRing Join() => FrameRing.TryOpen(_file.Start + RingOffset, _file.Bytes - RingOffset) ?? throw new IOException("the file holds no ring");

    /// <summary>Records committed, as the producer wrote down.</summary>
    public long Committed { get => Volatile.Read(ref *(long*)_file.Start); set => Volatile.Write(ref *(long*)_file.Start, value); }

    /// <summary>Records looked at, as the consumer wrote down.</summary>
    public long Processed { get => Volatile.Read(ref *(long*)(_file.Start + 128)); set => Volatile.Write(ref *(long*)(_file.Start + 128), value); }

    /// <summary>Records freed, as the consumer wrote down.</summary>
    public long Released { get => Volatile.Read(ref *(long*)(_file.Start + 256)); set => Volatile.Write(ref *(long*)(_file.Start + 256), value); }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Length of a numbered record: mostly small, now and then so large that the ring wraps early.</summary>
    public static int BytesOf(long number)
    {
        ulong mix = Mix(number, -1);
        return mix % 61 == 0 ? 16 + (int)(mix % (CapacityBytes / 3)) : 16 + (int)(mix % 600);
    }

    /// <summary>Fills a record so that every word tells its number and its place.</summary>
    public static void Fill(Span<byte> record, long number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], (int)FrameType.Data); // Not a wrap.
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], number);
        for (int offset = 16; offset + 8 <= record.Length; offset += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record[offset..], Mix(number, offset));
        }
    }

    /// <summary>Says what is wrong with a record; null when it is whole and the one expected.</summary>
    public static string? Problem(ReadOnlySpan<byte> record, long expected)
    {
        long number = record.Length < 16 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
        if (number != expected || record.Length != BytesOf(expected))
        {
            return $"expected record {expected} of {BytesOf(expected)} bytes, met {number} of {record.Length}";
        }

        for (int offset = 16; offset + 8 <= record.Length; offset += 8)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(record[offset..]) != Mix(number, offset))
            {
                return $"record {number} is torn at byte {offset} of {record.Length}";
            }
        }

        return null;
    }

    private static ulong Mix(long number, int place)
    {
        ulong mix = ((ulong)number * 0x9E3779B97F4A7C15) + ((ulong)place * 0xC2B2AE3D27D4EB4F);
        mix ^= mix >> 29;
        mix *= 0xBF58476D1CE4E5B9;
        return mix ^ (mix >> 32);
    }
}
