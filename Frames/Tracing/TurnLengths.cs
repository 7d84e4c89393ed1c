using System.Numerics;

namespace Sluice.Frames.Tracing;

/// <summary>How long the turns of an engine that had work took: a histogram that a process keeps in its counter file and others read.</summary>
/// <remarks>
/// Four buckets for each doubling, so a value read from it is at most a quarter above the true one:
/// <code>
///   bucket 0: below 256 ns   1: 256 to 319   2: 320 to 383   3: 384 to 447   4: 448 to 511   5: 512 to 639 ...   95: 3.2 s and more
/// </code>
/// </remarks>
public sealed class TurnLengths
{
    /// <summary>Buckets.</summary>
    public const int Buckets = 96;

    private const int FirstBits = 8; // 256 ns: a turn that did anything at all takes about as long.

    private readonly long[] _counts = new long[Buckets];

    /// <summary>Turns counted.</summary>
    public long Count => _counts.Sum();

    /// <summary>Where a length is counted.</summary>
    /// <param name="ns">From 0.</param>
    public static int BucketOf(long ns)
    {
        if (ns < 1 << FirstBits)
        {
            return 0;
        }

        int bits = BitOperations.Log2((ulong)ns);
        return Math.Min(Buckets - 1, 1 + ((bits - FirstBits) << 2) + ((int)(ns >> (bits - 2)) & 3));
    }

    /// <summary>The length at which a bucket ends, in nanoseconds; the last one has no end.</summary>
    public static long EndNsOf(int bucket) => bucket switch
    {
        0 => 1 << FirstBits,
        Buckets - 1 => long.MaxValue,
        _ => (5L + ((bucket - 1) & 3)) << (FirstBits - 2 + ((bucket - 1) >> 2)),
    };

    /// <summary>Adds what was counted in a bucket.</summary>
    public void Add(int bucket, long count) => _counts[bucket] += count;

    /// <summary>A length that this share of the turns did not exceed, in nanoseconds; 0 when none was counted.</summary>
    /// <param name="share">Above 0, up to 1: 0.99 for the 99th percentile.</param>
    /// <param name="maxNs">The longest turn, where that is known better.</param>
    public long AtMostNs(double share, long maxNs = long.MaxValue)
    {
        long left = (long)Math.Ceiling(Count * share);
        for (int bucket = 0; bucket < Buckets && left > 0; bucket++)
        {
            left -= _counts[bucket];
            if (left <= 0)
            {
                return Math.Min(maxNs, EndNsOf(bucket));
            }
        }

        return 0;
    }
}
