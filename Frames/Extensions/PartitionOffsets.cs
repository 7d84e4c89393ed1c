namespace Sluice.Frames.Extensions;

/// <summary>A partition and an offset in it.</summary>
/// <param name="Partition">From 0; -1 means every partition not listed.</param>
/// <param name="Offset">Or one of <see cref="KafkaOffsets"/>.</param>
public readonly record struct PartitionOffset(int Partition, long Offset);

/// <summary>Offsets by partition as they lie in an extension: <c>count i32, { partition i32, offset i64 }</c>.</summary>
public readonly ref struct PartitionOffsets
{
    private const int EntryBytes = 12;

    private readonly ReadOnlySpan<byte> _entries;

    private PartitionOffsets(ReadOnlySpan<byte> entries) => _entries = entries;

    /// <summary>How many there are.</summary>
    public int Count => _entries.Length / EntryBytes;

    /// <summary>The entry at an index.</summary>
    public PartitionOffset this[int index]
    {
        get
        {
            var reader = new ExtensionReader(_entries[(index * EntryBytes)..]);
            return new PartitionOffset(reader.ReadInt32(), reader.ReadInt64());
        }
    }

    /// <summary>The offset for a partition: its own entry, else that of partition -1, else <paramref name="otherwise"/>.</summary>
    public long For(int partition, long otherwise)
    {
        for (int i = 0; i < Count; i++)
        {
            PartitionOffset entry = this[i];
            if (entry.Partition == partition)
            {
                return entry.Offset;
            }

            if (entry.Partition == -1)
            {
                otherwise = entry.Offset;
            }
        }

        return otherwise;
    }

    /// <summary>Copies the entries out.</summary>
    public PartitionOffset[] ToArray()
    {
        PartitionOffset[] entries = Count == 0 ? [] : new PartitionOffset[Count];
        CopyTo(entries);
        return entries;
    }

    /// <summary>Copies the entries out, into room for all of them.</summary>
    public void CopyTo(Span<PartitionOffset> entries)
    {
        for (int i = 0; i < Count; i++)
        {
            entries[i] = this[i];
        }
    }

    internal static PartitionOffsets Read(scoped ref ExtensionReader reader)
    {
        int count = reader.ReadInt32();
        ReadOnlySpan<byte> start = reader.Rest;
        int found = 0;
        while (found < count && !reader.IsBroken)
        {
            reader.ReadInt32();
            reader.ReadInt64();
            found++;
        }

        return new PartitionOffsets(start[..((start.Length - reader.Rest.Length) / EntryBytes * EntryBytes)]);
    }

    internal static void Write(ref ExtensionWriter writer, ReadOnlySpan<PartitionOffset> entries)
    {
        writer.WriteInt32(entries.Length);
        foreach (PartitionOffset entry in entries)
        {
            writer.WriteInt32(entry.Partition);
            writer.WriteInt64(entry.Offset);
        }
    }
}
