namespace Sluice.EmbeddedKafka.Log;

/// <summary>What all partitions share.</summary>
internal sealed record LogSettings(bool SyncEveryBatch, TimeProvider Clock, StorageEvents Storage)
{
    /// <summary>Set when something was written that is not on the disk yet.</summary>
    public Latch Written { get; } = new();

    public long NowMs() => Clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>Storage events worth a line in the log of the process.</summary>
internal sealed partial class StorageEvents(ILogger logger)
{
    public void Failed(string partition, Exception e) => Failed(logger, partition, e.Message);

    public void Cut(string partition, string file, long bytes, long offset) => Cut(logger, partition, file, bytes, offset);

    public void Discarded(string partition, string file) => Discarded(logger, partition, file);

    public void Cleaned(string partition, long before, long after) => Cleaned(logger, partition, before, after);

    public void CleaningFailed(string partition, Exception e) => CleaningFailed(logger, partition, e.Message);

    [LoggerMessage(8010, LogLevel.Error,
        "Partition {Partition} could not write to disk: {Reason}. Producers get KAFKA_STORAGE_ERROR and may retry; check space and permissions")]
    private static partial void Failed(ILogger logger, string partition, string reason);

    [LoggerMessage(8011, LogLevel.Warning,
        "Partition {Partition}: {File} ended in {Bytes} bytes that are no whole batch (a write cut short); they were removed, the log goes on at offset {Offset}")]
    private static partial void Cut(ILogger logger, string partition, string file, long bytes, long offset);

    [LoggerMessage(8012, LogLevel.Error,
        "Partition {Partition}: {File} follows a damaged segment and cannot be served; it was set aside as {File}.discarded")]
    private static partial void Discarded(ILogger logger, string partition, string file);

    [LoggerMessage(8013, LogLevel.Debug, "Partition {Partition} compacted from {Before} to {After} bytes")]
    private static partial void Cleaned(ILogger logger, string partition, long before, long after);

    [LoggerMessage(8014, LogLevel.Error, "Partition {Partition} could not be cleaned: {Reason}. It is tried again later")]
    private static partial void CleaningFailed(ILogger logger, string partition, string reason);
}
