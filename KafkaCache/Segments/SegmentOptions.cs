namespace Sluice.KafkaCache.Segments;

/// <summary>Sizes and times of a cached topic.</summary>
public sealed record SegmentOptions
{
    /// <summary>Size of a partition's first segment, in bytes; each next one doubles. 64 KiB: a small topic stays small.</summary>
    public int SegmentBytesMin { get; init; } = 64 * 1024;

    /// <summary>Size of a segment at most, in bytes, from the least size to 128 MiB. A larger record gets a segment of its own.</summary>
    public int SegmentBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Slots of a partition's first key index, as a power of two from 4 to 30. 9: one page of memory.</summary>
    public int IndexBitsMin { get; init; } = 9;

    /// <summary>
    /// How long a superseded record stays at least before its space is recovered, in milliseconds, so that a bounded read that began
    /// before it was superseded still finds it. 60 s: longer than a large merged answer takes.
    /// </summary>
    public long CompactionLagMs { get; init; } = 60_000;

    /// <summary>Share of superseded bytes from which on a sealed segment is rewritten, from 0 to 1 (config-kafka §2.11 rule 3).</summary>
    public double DirtyRatioMin { get; init; } = 0.5;
}

/// <summary>A record to append.</summary>
public readonly ref struct NewRecord
{
    /// <summary>Its offset at the broker.</summary>
    public long Offset { get; init; }

    /// <summary>Epoch milliseconds.</summary>
    public long TimestampMs { get; init; }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>True when there is no key.</summary>
    public bool IsKeyNull { get; init; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>True when there is no value.</summary>
    public bool IsValueNull { get; init; }

    /// <summary>How many headers <see cref="HeaderFields"/> holds.</summary>
    public int HeaderCount { get; init; }

    /// <summary>The headers, see <see cref="HeaderFieldsBuffer"/>.</summary>
    public ReadOnlySpan<byte> HeaderFields { get; init; }
}
