namespace Sluice.Frames.Extensions;

/// <summary>What the opener of a kafka stream asks for.</summary>
/// <remarks>
/// <code>
/// type i32 = Kafka | kind u8 | capabilities u8 | isBounded u8 | acks i32 | topic bytes | partition i32
///   | starts: count i32, { partition i32, offset i64 }
///   | filters: count i32, { conditions i32, { 1 u8, key bytes or null } or { 2 u8, name bytes, value bytes } }
///   | ends: count i32, { partition i32, offset i64 }
/// </code>
/// Topic streams use kind and topic only, and isBounded for <see cref="HasOthers"/>; Produce streams also acks and partition.
/// </remarks>
public readonly ref struct KafkaBeginEx
{
    /// <summary>Marks a filter condition on the record's key.</summary>
    public const byte KeyCondition = 1;

    /// <summary>Marks a filter condition on a header.</summary>
    public const byte HeaderCondition = 2;

    /// <summary>What the stream is for.</summary>
    public KafkaStreamKind Kind { get; private init; }

    /// <summary>Which way records go.</summary>
    public KafkaCapabilities Capabilities { get; private init; }

    /// <summary>True for a fetch that ends at what was the latest offset when it opened (config-kafka §2.6 rule 3).</summary>
    public bool IsBounded { get; private init; }

    /// <summary>Topic streams: the reader knows of other caches, where records may have been acknowledged that this one has not heard of.</summary>
    public bool HasOthers => Kind == KafkaStreamKind.Topic && IsBounded;

    /// <summary>When a produced record counts as written.</summary>
    public KafkaAcks Acks { get; private init; }

    /// <summary>UTF-8 name of the topic.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>The partition of a Produce stream; -1 otherwise.</summary>
    public int Partition { get; private init; }

    /// <summary>Where to start: partitions not listed take the entry of partition -1, else <see cref="KafkaOffsets.Historical"/>.</summary>
    public PartitionOffsets Starts { get; private init; }

    /// <summary>The encoded filters; walk them with <see cref="KafkaFilters"/>.</summary>
    public KafkaFilters Filters { get; private init; }

    /// <summary>
    /// A fetch that goes on where another one broke off: what was behind the latest offset of each partition when that one opened, so that both together
    /// give what it would have given; a partition not listed came later. Empty for a new fetch.
    /// </summary>
    public PartitionOffsets Ends { get; private init; }

    /// <summary>Reads the extension.</summary>
    /// <returns>False when it is no sound Kafka extension.</returns>
    public static bool TryRead(ReadOnlySpan<byte> extension, out KafkaBeginEx kafka)
    {
        var reader = new ExtensionReader(extension);
        kafka = default;
        if (reader.ReadInt32() != (int)ExtensionType.Kafka)
        {
            return false;
        }

        kafka = new KafkaBeginEx
        {
            Kind = (KafkaStreamKind)reader.ReadByte(),
            Capabilities = (KafkaCapabilities)reader.ReadByte(),
            IsBounded = reader.ReadByte() != 0,
            Acks = (KafkaAcks)reader.ReadInt32(),
            Topic = reader.ReadBytes(),
            Partition = reader.ReadInt32(),
            Starts = PartitionOffsets.Read(ref reader),
            Filters = KafkaFilters.Read(ref reader),
            Ends = PartitionOffsets.Read(ref reader),
        };
        return !reader.IsBroken;
    }

    /// <summary>Writes a topic request.</summary>
    public static ReadOnlySpan<byte> WriteTopic(Span<byte> buffer, ReadOnlySpan<byte> topic, bool hasOthers = false) =>
        Write(buffer, KafkaStreamKind.Topic, KafkaCapabilities.None, isBounded: hasOthers, KafkaAcks.InSyncReplicas, topic, -1, default, default);

    /// <summary>Writes a request to produce to one partition.</summary>
    public static ReadOnlySpan<byte> WriteProduce(Span<byte> buffer, ReadOnlySpan<byte> topic, int partition, KafkaAcks acks) =>
        Write(buffer, KafkaStreamKind.Produce, KafkaCapabilities.Produce, isBounded: false, acks, topic, partition, default, default);

    /// <summary>Writes a merged request to produce.</summary>
    public static ReadOnlySpan<byte> WriteMergedProduce(Span<byte> buffer, ReadOnlySpan<byte> topic, KafkaAcks acks) =>
        Write(buffer, KafkaStreamKind.Merged, KafkaCapabilities.Produce, isBounded: false, acks, topic, -1, default, default);

    /// <summary>Writes a merged request to fetch.</summary>
    /// <param name="buffer">Room.</param>
    /// <param name="topic">UTF-8 name.</param>
    /// <param name="isBounded">End at what is the latest offset now.</param>
    /// <param name="starts">Where to start, by partition.</param>
    /// <param name="encodedFilters">Filters written by <see cref="KafkaFilterWriter"/>, or empty for all records.</param>
    /// <param name="ends">To go on with a fetch, see <see cref="Ends"/>.</param>
    public static ReadOnlySpan<byte> WriteMergedFetch(
        Span<byte> buffer, ReadOnlySpan<byte> topic, bool isBounded, ReadOnlySpan<PartitionOffset> starts, ReadOnlySpan<byte> encodedFilters,
        ReadOnlySpan<PartitionOffset> ends = default) =>
        Write(buffer, KafkaStreamKind.Merged, KafkaCapabilities.Fetch, isBounded, KafkaAcks.InSyncReplicas, topic, -1, starts, encodedFilters, ends);

    private static ReadOnlySpan<byte> Write(
        Span<byte> buffer, KafkaStreamKind kind, KafkaCapabilities capabilities, bool isBounded, KafkaAcks acks,
        ReadOnlySpan<byte> topic, int partition, ReadOnlySpan<PartitionOffset> starts, ReadOnlySpan<byte> encodedFilters,
        ReadOnlySpan<PartitionOffset> ends = default)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Kafka);
        writer.WriteByte((byte)kind);
        writer.WriteByte((byte)capabilities);
        writer.WriteByte(isBounded ? (byte)1 : (byte)0);
        writer.WriteInt32((int)acks);
        writer.WriteBytes(topic);
        writer.WriteInt32(partition);
        PartitionOffsets.Write(ref writer, starts);
        if (encodedFilters.IsEmpty)
        {
            writer.WriteInt32(0);
        }
        else
        {
            writer.WriteRaw(encodedFilters);
        }

        PartitionOffsets.Write(ref writer, ends);
        return writer.Written;
    }
}
