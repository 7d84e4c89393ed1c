namespace Sluice.KafkaCache.Segments;

/// <summary>Sizes that others must know.</summary>
public static class SegmentSizes
{
    /// <summary>The largest record the cache keeps, in bytes: what librdkafka takes for one message (1 GB).</summary>
    public const int RecordBytesMax = SegmentLayout.RecordBytesMax;
}
