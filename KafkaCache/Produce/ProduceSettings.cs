namespace Sluice.KafkaCache.Produce;

/// <summary>Limits of a kafka client's produce side.</summary>
internal sealed record ProduceSettings
{
    /// <summary>How long a record may wait for its acknowledgement, in milliseconds (config-kafka §2.16, client.produce.max.response.millis).</summary>
    public int TimeoutMs { get; init; } = 120_000;

    /// <summary>
    /// How long the library may wait for more records before it sends, in milliseconds. 0: records that arrive while a request is under
    /// way share the next one anyway. Measured with 64 writers on two cores beside the broker: 0 ms 47 k/s (p50 0.9 ms), 1 ms 34 k/s
    /// (1.8 ms), 5 ms 11 k/s (5.9 ms).
    /// </summary>
    public double LingerMs { get; init; }

    /// <summary>Bytes of records a process may hold at a time, windows of open streams included. 256 MiB: some thirty of 8 MiB.</summary>
    public long BudgetBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>The largest single record, in bytes: half the budget, so that one cannot keep all others out.</summary>
    public long RecordBytesMax => BudgetBytes / 2;

    /// <summary>Window of a stream, in bytes: two pieces of the largest size, so that one is under way while one is dealt with.</summary>
    public int WindowBytes { get; init; } = 64 * 1024;

    /// <summary>How long a stream waits for its part of the budget before it is refused, in milliseconds.</summary>
    public int BudgetWaitMs { get; init; } = 10_000;

    /// <summary>Records that wait in the library at most, for all streams; the bytes are bounded by the budget.</summary>
    public int QueuedRecordsMax { get; init; } = 500_000;
}
