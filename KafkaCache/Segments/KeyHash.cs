using System.Buffers.Binary;

namespace Sluice.KafkaCache.Segments;

/// <summary>The 64-bit hash of the key index. Seeded for each topic, so that a client that picks keys cannot pick collisions.</summary>
internal static class KeyHash
{
    private const ulong Odd1 = 0x9e3779b97f4a7c15;
    private const ulong Odd2 = 0xd6e8feb86659fd93;
    private const ulong Odd3 = 0xa0761d6478bd642f;

    public static ulong Of(ReadOnlySpan<byte> key, long seed)
    {
        ulong hash = (ulong)seed ^ ((ulong)key.Length * Odd1);
        while (key.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key), Odd2);
            key = key[8..];
        }

        ulong tail = 1; // A leading one tells "ab" from "ab\0".
        for (int i = key.Length - 1; i >= 0; i--)
        {
            tail = (tail << 8) | key[i];
        }

        return Mix(Mix(hash ^ tail, Odd3), Odd1);
    }

    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
