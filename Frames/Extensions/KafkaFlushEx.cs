namespace Sluice.Frames.Extensions;

/// <summary>What a FLUSH of a kafka stream says.</summary>
/// <remarks><code>type i32 = Kafka | kind u8 | partition i32 | offset i64 | timestampMs i64 | progress: count i32, { partition i32, offset i64 }</code></remarks>
public readonly ref struct KafkaFlushEx
{
    /// <summary>Which of them.</summary>
    public KafkaFlushKind Kind { get; private init; }

    /// <summary>Acknowledged: where the record went.</summary>
    public int Partition { get; private init; }

    /// <summary>Acknowledged: its offset, -1 when the broker does not say (acks none).</summary>
    public long Offset { get; private init; }

    /// <summary>Acknowledged: log append time, epoch milliseconds, -1 when not known.</summary>
    public long TimestampMs { get; private init; }

    /// <summary>CaughtUp: next offset to read of every partition. Advanced: one entry for each partition, when the reader does not see the files.</summary>
    public PartitionOffsets Progress { get; private init; }

    /// <summary>Reads the extension.</summary>
    public static bool TryRead(ReadOnlySpan<byte> extension, out KafkaFlushEx flush)
    {
        var reader = new ExtensionReader(extension);
        flush = default;
        if (reader.ReadInt32() != (int)ExtensionType.Kafka)
        {
            return false;
        }

        flush = new KafkaFlushEx
        {
            Kind = (KafkaFlushKind)reader.ReadByte(),
            Partition = reader.ReadInt32(),
            Offset = reader.ReadInt64(),
            TimestampMs = reader.ReadInt64(),
            Progress = PartitionOffsets.Read(ref reader),
        };
        return !reader.IsBroken;
    }

    /// <summary>Writes the caught-up signal.</summary>
    public static ReadOnlySpan<byte> WriteCaughtUp(Span<byte> buffer, ReadOnlySpan<PartitionOffset> progress) =>
        Write(buffer, KafkaFlushKind.CaughtUp, -1, -1, -1, progress);

    /// <summary>Writes an acknowledgement.</summary>
    public static ReadOnlySpan<byte> WriteAcknowledged(Span<byte> buffer, int partition, long offset, long timestampMs) =>
        Write(buffer, KafkaFlushKind.Acknowledged, partition, offset, timestampMs, default);

    /// <summary>Writes the news that a topic moved.</summary>
    /// <param name="buffer">Room.</param>
    /// <param name="reached">How far the cache reaches in every partition, for a reader that does not see the files.</param>
    public static ReadOnlySpan<byte> WriteAdvanced(Span<byte> buffer, ReadOnlySpan<PartitionOffset> reached = default) =>
        Write(buffer, KafkaFlushKind.Advanced, -1, -1, -1, reached);

    private static ReadOnlySpan<byte> Write(
        Span<byte> buffer, KafkaFlushKind kind, int partition, long offset, long timestampMs, ReadOnlySpan<PartitionOffset> progress)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Kafka);
        writer.WriteByte((byte)kind);
        writer.WriteInt32(partition);
        writer.WriteInt64(offset);
        writer.WriteInt64(timestampMs);
        PartitionOffsets.Write(ref writer, progress);
        return writer.Written;
    }
}

/// <summary>Which Kafka error ended a stream, on RESET and ABORT with <see cref="CloseReason.Refused"/>.</summary>
/// <remarks><c>type i32 = Kafka | error i32</c></remarks>
public static class KafkaCloseEx
{
    /// <summary>The error code, or null when the extension holds none.</summary>
    public static int? ReadError(ReadOnlySpan<byte> extension)
    {
        var reader = new ExtensionReader(extension);
        bool isKafka = reader.ReadInt32() == (int)ExtensionType.Kafka;
        int error = reader.ReadInt32();
        return isKafka && !reader.IsBroken ? error : null;
    }

    /// <summary>Writes the error code.</summary>
    public static ReadOnlySpan<byte> Write(Span<byte> buffer, int error)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Kafka);
        writer.WriteInt32(error);
        return writer.Written;
    }
}
