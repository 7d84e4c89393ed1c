namespace Sluice.Frames.Extensions;

/// <summary>The BEGIN that answers a merged or topic stream.</summary>
/// <remarks><code>type i32 = Kafka | isCompacted u8 | path bytes | latest: count i32, { partition i32, offset i64 }</code></remarks>
public readonly ref struct KafkaReplyEx
{
    /// <summary>True when the topic's cleanup policy includes compact.</summary>
    public bool IsCompacted { get; private init; }

    /// <summary>Topic streams: where the segments are, for readers on the same host. Merged streams: empty.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>Merged streams: each partition's latest offset, -1 when it is empty (config-kafka §2.6 rule 1). Topic streams: the
    /// same for readers that cannot see the files, else empty.</summary>
    public PartitionOffsets Latest { get; private init; }

    /// <summary>Reads the extension.</summary>
    public static bool TryRead(ReadOnlySpan<byte> extension, out KafkaReplyEx reply)
    {
        var reader = new ExtensionReader(extension);
        reply = default;
        if (reader.ReadInt32() != (int)ExtensionType.Kafka)
        {
            return false;
        }

        reply = new KafkaReplyEx { IsCompacted = reader.ReadByte() != 0, Path = reader.ReadBytes(), Latest = PartitionOffsets.Read(ref reader) };
        return !reader.IsBroken;
    }

    /// <summary>Writes the extension.</summary>
    public static ReadOnlySpan<byte> Write(Span<byte> buffer, bool isCompacted, ReadOnlySpan<char> path, ReadOnlySpan<PartitionOffset> latest)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Kafka);
        writer.WriteByte(isCompacted ? (byte)1 : (byte)0);
        writer.WriteString(path);
        PartitionOffsets.Write(ref writer, latest);
        return writer.Written;
    }
}
