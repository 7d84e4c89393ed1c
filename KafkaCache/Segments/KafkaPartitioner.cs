using System.Buffers.Binary;

namespace Sluice.KafkaCache.Segments;

/// <summary>Chooses the partition of a key like Kafka's own Java clients do (config-kafka §2.8 rule 1).</summary>
public static class KafkaPartitioner
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;

    /// <summary>The partition of a key that is not null.</summary>
    /// <param name="key">Bytes of the key, maybe none.</param>
    /// <param name="partitionCount">Partitions of the topic, at least 1.</param>
    public static int PartitionOf(ReadOnlySpan<byte> key, int partitionCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitionCount, 1);
        return (Murmur2(key) & 0x7fffffff) % partitionCount;
    }

    /// <summary>Kafka's variant of the 32-bit murmur2 hash.</summary>
    public static int Murmur2(ReadOnlySpan<byte> data)
    {
        uint hash = Seed ^ (uint)data.Length;
        while (data.Length >= 4)
        {
            uint block = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
            block = (block ^ (block >> 24)) * Multiplier;
            hash = (hash * Multiplier) ^ block;
            data = data[4..];
        }

        if (!data.IsEmpty)
        {
            uint tail = 0;
            for (int i = data.Length - 1; i >= 0; i--)
            {
                tail = (tail << 8) | data[i];
            }

            hash = (hash ^ tail) * Multiplier;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return (int)(hash ^ (hash >> 15));
    }
}
