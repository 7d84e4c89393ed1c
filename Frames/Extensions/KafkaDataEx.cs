namespace Sluice.Frames.Extensions;

/// <summary>The metadata of one record, on the INIT frame of its value.</summary>
/// <remarks>
/// <code>
/// type i32 = Kafka | timestampMs i64 | partition i32 | offset i64 | filters i64 | valueBytes i32
///   | progress: count i32, { partition i32, offset i64 } | key bytes or null | headers
/// </code>
/// The payload of INIT..FIN is the record's value; a null payload is a null value (tombstone).
/// </remarks>
public readonly ref struct KafkaDataEx
{
    /// <summary>Epoch milliseconds; 0 when producing means now.</summary>
    public long TimestampMs { get; private init; }

    /// <summary>Fetch: where it is from. Produce: where it should go, -1 to choose by key (config-kafka §2.8 rule 1).</summary>
    public int Partition { get; private init; }

    /// <summary>Fetch: the record's offset. Produce: 0.</summary>
    public long Offset { get; private init; }

    /// <summary>Fetch: bit i is set when filter i matched; -1 without filters.</summary>
    public long Filters { get; private init; }

    /// <summary>Length of the whole value over all fragments; -1 when not known yet.</summary>
    public int ValueBytes { get; private init; }

    /// <summary>Fetch: next offset to read of every partition, so that any record alone is enough to resume (config-kafka §2.6 rule 4).</summary>
    public PartitionOffsets Progress { get; private init; }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; private init; }

    /// <summary>True when there is no key, which differs from an empty one.</summary>
    public bool IsKeyNull { get; private init; }

    /// <summary>The record's headers in order.</summary>
    public HeaderList Headers { get; private init; }

    /// <summary>Reads the extension.</summary>
    public static bool TryRead(ReadOnlySpan<byte> extension, out KafkaDataEx data)
    {
        var reader = new ExtensionReader(extension);
        data = default;
        if (reader.ReadInt32() != (int)ExtensionType.Kafka)
        {
            return false;
        }

        data = new KafkaDataEx
        {
            TimestampMs = reader.ReadInt64(),
            Partition = reader.ReadInt32(),
            Offset = reader.ReadInt64(),
            Filters = reader.ReadInt64(),
            ValueBytes = reader.ReadInt32(),
            Progress = PartitionOffsets.Read(ref reader),
            Key = reader.ReadBytes(out bool isNull),
            IsKeyNull = isNull,
            Headers = HeaderList.Read(ref reader),
        };
        return !reader.IsBroken;
    }

    /// <summary>Starts writing a record to produce; the key must follow, then the headers.</summary>
    public static ExtensionWriter WriteProduce(Span<byte> buffer, int partition = -1, long timestampMs = 0, int valueBytes = -1) =>
        WriteFetch(buffer, timestampMs, partition, 0, 0, valueBytes, default);

    /// <summary>Starts writing a fetched record; the key must follow (<see cref="ExtensionWriter.WriteBytes"/> or null), then the headers.</summary>
    public static ExtensionWriter WriteFetch(
        Span<byte> buffer, long timestampMs, int partition, long offset, long filters, int valueBytes, ReadOnlySpan<PartitionOffset> progress)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Kafka);
        writer.WriteInt64(timestampMs);
        writer.WriteInt32(partition);
        writer.WriteInt64(offset);
        writer.WriteInt64(filters);
        writer.WriteInt32(valueBytes);
        PartitionOffsets.Write(ref writer, progress);
        return writer;
    }
}
