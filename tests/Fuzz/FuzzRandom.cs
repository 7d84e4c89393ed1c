using System.Buffers.Binary;

namespace Sluice.Fuzz;

/// <summary>The chance of one round, and the damage it does to bytes.</summary>
internal sealed class FuzzRandom(long seed)
{
    // Values at which lengths, counts and cursors break.
    private static readonly long[] Edges = [0, 1, 7, 8, -1, -8, 80, 96, 104, 255, 256, 32_768, 65_536, 65_537, 262_144, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private readonly Random _random = new(unchecked((int)(seed ^ (seed >> 32))));

    public int Below(int limit) => _random.Next(Math.Max(1, limit));

    public bool OneIn(int times) => _random.Next(times) == 0;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    public long Edge() => OneIn(4) ? _random.NextInt64() : Edges[_random.Next(Edges.Length)];

    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);

    /// <summary>Damages bytes in place: a bit, a byte, or a whole field at a place where fields lie.</summary>
    public void Damage(Span<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        int at = Below(bytes.Length);
        switch (Below(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1:
                bytes[at] = (byte)Edge();
                break;
            case 2 when bytes.Length >= 4:
                BinaryPrimitives.WriteInt32LittleEndian(bytes[(Below(bytes.Length / 4) * 4)..], (int)Edge());
                break;
            case 3 when bytes.Length >= 8:
                BinaryPrimitives.WriteInt64LittleEndian(bytes[(Below(bytes.Length / 8) * 8)..], Edge());
                break;
        }
    }

    /// <summary>A copy that may be damaged, cut short, or longer.</summary>
    public byte[] Mutate(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = OneIn(6) ? bytes[..Below(bytes.Length + 1)].ToArray()
            : OneIn(8) ? [.. bytes, .. Noise(Below(64))]
            : bytes.ToArray();
        for (int times = Below(4); times > 0; times--)
        {
            Damage(copy);
        }

        return copy;
    }

    public byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        Fill(noise);
        return noise;
    }
}
