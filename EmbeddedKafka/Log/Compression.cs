using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Encoders;
using K4os.Compression.LZ4.Streams;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>The codecs of record batches; used only where the broker must look inside (compacted topics, time look-ups).</summary>
internal static class Compression
{
    /// <summary>128 MiB: what one batch may grow to. The largest batch accepted, 100 MiB, must fit; a bomb must not.</summary>
    public const int InflatedBytesMax = 128 * 1024 * 1024;

    // The framing of snappy-java, which Java clients write; librdkafka writes the bare block.
    //   0x82 "SNAPPY" 0 | version i32 | compatible i32 | { length i32, block }...
    private static ReadOnlySpan<byte> XerialMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    private const int XerialHeaderBytes = 16;
    private const int XerialBlockBytes = 32 * 1024;

    /// <summary>The records of a batch in the clear, or false when the bytes are not what the codec says or grow too large.</summary>
    public static bool TryInflate(Codec codec, ReadOnlySpan<byte> data, out byte[] inflated)
    {
        inflated = [];
        try
        {
            switch (codec)
            {
                case Codec.Gzip:
                    inflated = Drain(new GZipStream(Wrap(data), CompressionMode.Decompress));
                    return true;
                case Codec.Snappy:
                    inflated = Unsnap(data);
                    return true;
                case Codec.Lz4:
                    inflated = Drain(LZ4Stream.Decode(Wrap(data)));
                    return true;
                case Codec.Zstd:
                    inflated = Drain(new ZstdSharp.DecompressionStream(Wrap(data)));
                    return true;
                default:
                    return false;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Codec libraries each throw their own types for bad input; all of them mean the same to the sender.
            return false;
        }
    }

    public static byte[] Deflate(Codec codec, byte[] data)
    {
        var target = new MemoryStream();
        switch (codec)
        {
            case Codec.Gzip:
                using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(data);
                }

                break;
            case Codec.Snappy:
                Snap(data, target);
                break;
            case Codec.Lz4:
                // Java's reader refuses blocks that depend on each other.
                var settings = new LZ4EncoderSettings { ChainBlocks = false };
                using (var lz4 = LZ4Stream.Encode(target, settings, leaveOpen: true))
                {
                    lz4.Write(data);
                }

                break;
            case Codec.Zstd:
                using (var zstd = new ZstdSharp.CompressionStream(target, leaveOpen: true))
                {
                    zstd.Write(data);
                }

                break;
            default:
                return data;
        }

        return target.ToArray();
    }

    private static MemoryStream Wrap(ReadOnlySpan<byte> data) => new(data.ToArray(), writable: false);

    private static byte[] Drain(Stream source)
    {
        using (source)
        {
            var target = new MemoryStream();
            byte[] chunk = System.Buffers.ArrayPool<byte>.Shared.Rent(64 * 1024);
            try
            {
                for (int n; (n = source.Read(chunk)) > 0;)
                {
                    Bound(target.Length + n);
                    target.Write(chunk, 0, n);
                }
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(chunk);
            }

            return target.ToArray();
        }
    }

    private static byte[] Unsnap(ReadOnlySpan<byte> data)
    {
        if (!data.StartsWith(XerialMagic))
        {
            Bound(Snappier.Snappy.GetUncompressedLength(data));
            return Snappier.Snappy.DecompressToArray(data);
        }

        var target = new MemoryStream();
        for (data = data[XerialHeaderBytes..]; !data.IsEmpty;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(data);
            var block = data.Slice(4, length);
            data = data[(4 + length)..];
            Bound(target.Length + Snappier.Snappy.GetUncompressedLength(block));
            target.Write(Snappier.Snappy.DecompressToArray(block));
        }

        return target.ToArray();
    }

    private static void Snap(byte[] data, MemoryStream target)
    {
        Span<byte> number = stackalloc byte[4];
        target.Write(XerialMagic);
        BinaryPrimitives.WriteInt32BigEndian(number, 1);
        target.Write(number);
        target.Write(number);
        for (int at = 0; at < data.Length; at += XerialBlockBytes)
        {
            byte[] block = Snappier.Snappy.CompressToArray(data.AsSpan(at, Math.Min(XerialBlockBytes, data.Length - at)));
            BinaryPrimitives.WriteInt32BigEndian(number, block.Length);
            target.Write(number);
            target.Write(block);
        }
    }

    private static void Bound(long bytes)
    {
        if (bytes is < 0 or > InflatedBytesMax)
        {
            throw new InvalidDataException("a batch may hold 128 MiB uncompressed at most");
        }
    }
}
