using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

// House: what may go goes, and what could not be stored is tried again.
internal sealed partial class CachedTopic
{
    private const long RetentionMsMaxOfLive = 30_000; // config-kafka §2.11 rule 2
    private const long StorageRetryMs = 1000;

    private bool _hasStorageFault;
    private long _retryAtMs = -1;

    /// <summary>Lets go what the topic's policy lets go, and tries again what failed.</summary>
    /// <param name="nowMs">The fetch thread's clock.</param>
    /// <param name="epochNowMs">Epoch milliseconds.</param>
    /// <returns>As of <see cref="OnRecord"/>.</returns>
    public bool KeepHouse(long nowMs, long epochNowMs)
    {
        if (_writer is null || _description is null)
        {
            return false;
        }

        if (_retryAtMs >= 0 && nowMs >= _retryAtMs)
        {
            _retryAtMs = -1;
            context.Reader.Assign(name, [.. Enumerable.Range(0, _writer.PartitionCount).Select(partition => (partition, ResumeOf(partition)))]);
        }

        long retentionMs = _description.RetentionMs;
        long segmentMs = _description.SegmentMs;
        if (isLive)
        {
            retentionMs = retentionMs < 0 ? RetentionMsMaxOfLive : Math.Min(RetentionMsMaxOfLive, retentionMs); // Below 0: for ever.
            segmentMs = Math.Min(RetentionMsMaxOfLive, segmentMs);
        }

        bool hasChanged = false;
        for (int i = 0; i < _writer.PartitionCount; i++)
        {
            PartitionWriter partition = _writer[i];
            partition.SealOldHead(segmentMs);
            hasChanged |= (_description.IsDeleted || isLive) && partition.DropExpired(epochNowMs, retentionMs);
            hasChanged |= _description.IsCompacted && partition.Compact(nowMs);
        }

        return hasChanged && IsNews();
    }

    /// <summary>Stops reading and removes the files, when nobody has followed the topic for a time.</summary>
    public bool TryDrop(long nowMs, FetchSettings settings)
    {
        if (!Followers.TryDrop(nowMs, _writer is null ? settings.IdleMissingMs : settings.IdleTopicMs))
        {
            return false;
        }

        if (_writer is not null)
        {
            context.Reader.Unassign(name, _writer.PartitionCount);
            FetchLog.TopicDropped(context.Logger, context.Cache, name, settings.IdleTopicMs);
        }

        Close();
        return true;
    }

    /// <summary>Removes the files; nothing is read any more.</summary>
    public void Close()
    {
        context.Status.StopWaiting(name);
        context.Limits.Forget(name);
        _writer?.Dispose();
        Volatile.Write(ref _writer, null);
    }

    private long ResumeOf(int partition) =>
        _writer![partition].NextOffset > 0 ? _writer[partition].NextOffset : isLive ? FetchStart.Latest : FetchStart.Earliest;

    private void OnStorageFault(string reason)
    {
        if (!_hasStorageFault)
        {
            FetchLog.StorageFailed(context.Logger, context.Cache, name, reason, StorageRetryMs, context.Directory.Path);
        }

        _hasStorageFault = true;
        if (_writer is not null)
        {
            context.Reader.Unassign(name, _writer.PartitionCount);
            _retryAtMs = Environment.TickCount64 + StorageRetryMs;
        }
    }
}
