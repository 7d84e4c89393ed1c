using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>One topic on its way from the broker into segments. Fetch thread only.</summary>
/// <remarks>
/// <code>
///   looked for ──found──▶ filling ──every end known──▶ readable ──offsets went back, or was gone and is back──▶ filling, new epoch
/// </code>
/// It is shown to readers once the broker has told where each partition ends: before that, "latest" would be a guess, and a bounded
/// read would take an unread topic for an empty one.
/// </remarks>
internal sealed class CachedTopic(string name, bool isBootstrap, bool isLive, FetchContext context)
{
    public const long RetentionMsMaxOfLive = 30_000; // config-kafka §2.11 rule 2
    private const long StorageRetryMs = 1000;

    private readonly List<TopicFeed> _feeds = [];
    private readonly List<bool> _isEndKnown = [];
    private TopicDescription? _description;
    private TopicWriter? _writer;
    private TopicPlace? _place;
    private int _error;
    private bool _wasMissing;
    private bool _isFilled;
    private bool _isMoved;
    private bool _hasStorageFault;
    private long _retryAtMs = -1;

    public string Name => name;

    /// <summary>True once it was found at the broker.</summary>
    public bool IsKnown => _writer is not null;

    /// <summary>When the last reader left, by the fetch thread's clock; -1 while there are readers or the topic is in the bootstrap list.</summary>
    public long IdleSinceMs { get; private set; } = -1;

    public void Follow(TopicFeed feed)
    {
        _feeds.Add(feed);
        IdleSinceMs = -1;
        if (_place is not null || _error != 0)
        {
            feed.Tell(_place, _error);
        }
    }

    public void Unfollow(TopicFeed feed, long nowMs)
    {
        _feeds.Remove(feed);
        IdleSinceMs = _feeds.Count == 0 && !isBootstrap ? nowMs : -1;
    }

    // ---- what the broker says of the topic ----

    public void OnDescribed(TopicDescription description)
    {
        switch (description.Lookup)
        {
            case TopicLookup.Missing:
                OnMissing(description.Reason);
                break;
            case TopicLookup.Denied:
                context.Status.WaitForTopic(name, description.Reason);
                SetError(KafkaErrors.TopicAuthorizationFailed);
                break;
            case TopicLookup.Found:
                context.Status.StopWaiting(name);
                SetError(0);
                OnFound(description);
                break;
        }
    }

    private void OnMissing(string reason)
    {
        context.Status.WaitForTopic(name, reason);
        if (_writer is not null && !_wasMissing)
        {
            context.Reader.Unassign(name, _writer.PartitionCount); // What is cached stays readable until the topic is back.
        }

        _wasMissing = true;
    }

    private void OnFound(TopicDescription description)
    {
        _description = description;
        context.Limits.Note(name, description);
        if (_writer is null)
        {
            Start();
        }
        else if (_wasMissing)
        {
            Restart("it was deleted and made again");
        }
        else if (description.PartitionCount < _writer.PartitionCount)
        {
            Restart("it has fewer partitions than before");
        }
        else if (description.PartitionCount > _writer.PartitionCount)
        {
            AddPartitions(description.PartitionCount);
        }

        _wasMissing = false;
        if (_writer is not null && _writer.IsCompacted != description.IsCompacted)
        {
            _writer.IsCompacted = description.IsCompacted;
            Publish(_place is null ? null : new TopicPlace(_writer.Path, description.IsCompacted));
        }
    }

    // ---- what comes from its partitions ----

    public void OnRecord(int partition, in NewRecord record)
    {
        if (_writer is null || partition >= _writer.PartitionCount || _retryAtMs >= 0)
        {
            return;
        }

        PartitionWriter target = _writer[partition];
        if (record.Offset < target.NextOffset)
        {
            Restart($"partition {partition} went back to offset {record.Offset} from {target.NextOffset}");
            return;
        }

        try
        {
            target.Append(record);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            OnStorageFault(exception.Message);
            return;
        }

        _hasStorageFault = false;
        _writer.RaiseLatestOffset(partition, record.Offset);
        _isMoved = true;
        NoteEnd(partition, isAtEnd: false);
    }

    public void OnPartitionEnd(int partition, long nextOffset)
    {
        if (_writer is null || partition >= _writer.PartitionCount || _retryAtMs >= 0)
        {
            return;
        }

        if (nextOffset < _writer[partition].NextOffset)
        {
            Restart($"partition {partition} ends at offset {nextOffset}, before {_writer[partition].NextOffset}");
            return;
        }

        _writer[partition].AdvanceTo(nextOffset);
        _writer.RaiseLatestOffset(partition, nextOffset - 1);
        _isMoved = true;
        NoteEnd(partition, isAtEnd: true);
        NoteFilled();
    }

    /// <summary>Notes a record that was acknowledged. Any thread.</summary>
    public bool RaiseLatestOffset(int partition, long offset) => Volatile.Read(ref _writer)?.RaiseLatestOffset(partition, offset) ?? false;

    /// <summary>Tells followers once for all that moved since the last time.</summary>
    public void TellIfMoved()
    {
        if (_isMoved)
        {
            _isMoved = false;
            if (_place is not null)
            {
                Publish(_place);
            }
        }
    }

    // ---- housekeeping ----

    /// <summary>Lets go what the topic's policy lets go, and tries again what failed.</summary>
    public void KeepHouse(long nowMs, long epochNowMs)
    {
        if (_retryAtMs >= 0 && nowMs >= _retryAtMs && _writer is not null)
        {
            _retryAtMs = -1;
            context.Reader.Assign(name, [.. Enumerable.Range(0, _writer.PartitionCount).Select(p => (p, StartOf(p)))]);
        }

        if (_writer is null || _description is null)
        {
            return;
        }

        long retentionMs = isLive ? Math.Min(RetentionMsMaxOfLive, Unlimited(_description.RetentionMs)) : _description.RetentionMs;
        long segmentMs = isLive ? Math.Min(RetentionMsMaxOfLive, _description.SegmentMs) : _description.SegmentMs;
        for (int i = 0; i < _writer.PartitionCount; i++)
        {
            PartitionWriter partition = _writer[i];
            partition.SealOldHead(segmentMs);
            _isMoved |= (_description.IsDeleted || isLive) && partition.DropExpired(epochNowMs, retentionMs);
            _isMoved |= _description.IsCompacted && partition.Compact(nowMs);
        }
    }

    /// <summary>Stops reading and removes the files.</summary>
    public void Drop()
    {
        if (_writer is not null)
        {
            context.Reader.Unassign(name, _writer.PartitionCount);
        }

        Close();
    }

    /// <summary>Removes the files; the reader is gone already.</summary>
    public void Close()
    {
        context.Status.StopWaiting(name);
        context.Limits.Forget(name);
        _writer?.Dispose();
        Volatile.Write(ref _writer, null);
    }

    private static long Unlimited(long retentionMs) => retentionMs < 0 ? long.MaxValue : retentionMs;

    private void Start()
    {
        var options = new SegmentOptions { DirtyRatioMin = Math.Clamp(_description!.DirtyRatioMin, 0.01, 1) };
        try
        {
            Volatile.Write(ref _writer, context.Directory.CreateTopic(name, _description.PartitionCount, _description.IsCompacted, options));
        }
        catch (IOException exception)
        {
            OnStorageFault(exception.Message); // The next look at the topic starts it again.
            return;
        }

        _isEndKnown.Clear();
        _isFilled = false;
        _retryAtMs = -1;
        Follow(0, isLive ? FetchStart.Latest : FetchStart.Earliest);
        FetchLog.TopicStarted(
            context.Logger, context.Cache, name, _description.PartitionCount, _description.IsCompacted ? "compacted" : "not compacted");
    }

    private void Restart(string reason)
    {
        FetchLog.TopicRestarted(context.Logger, context.Cache, name, reason);
        context.Reader.Unassign(name, _writer!.PartitionCount);
        Publish(null); // Before it is retired, so that nobody who comes now is sent there.
        _writer.Dispose();
        Volatile.Write(ref _writer, null);
        Start();
    }

    private void AddPartitions(int count)
    {
        int from = _writer!.PartitionCount;
        if (!_writer.TryAddPartitions(count))
        {
            Restart($"it grew from {from} to {count} partitions");
            return;
        }

        FetchLog.PartitionsAdded(context.Logger, context.Cache, name, count);
        Follow(from, FetchStart.Earliest); // config-kafka §2.6 rule 8
    }

    private void Follow(int from, long start)
    {
        while (_isEndKnown.Count < _writer!.PartitionCount)
        {
            _isEndKnown.Add(false);
        }

        context.Reader.Assign(name, [.. Enumerable.Range(from, _writer.PartitionCount - from).Select(partition => (partition, start))]);
    }

    private long StartOf(int partition) =>
        _writer![partition].NextOffset > 0 ? _writer[partition].NextOffset : isLive ? FetchStart.Latest : FetchStart.Earliest;

    // The broker tells with its first answer where the partition ends.
    private void NoteEnd(int partition, bool isAtEnd)
    {
        if (_isEndKnown[partition])
        {
            return;
        }

        long end = context.Reader.HighWatermark(name, partition);
        if (end < 0 && !isAtEnd)
        {
            return;
        }

        _isEndKnown[partition] = true;
        _writer!.RaiseLatestOffset(partition, end - 1);
        if (_isEndKnown.TrueForAll(isKnown => isKnown))
        {
            _writer.PublishPartitions();
            Publish(new TopicPlace(_writer.Path, _writer.IsCompacted));
        }
    }

    private void NoteFilled()
    {
        if (_isFilled || _place is null)
        {
            return;
        }

        long offsets = 0;
        for (int i = 0; i < _writer!.PartitionCount; i++)
        {
            if (_writer[i].NextOffset <= _writer[i].LatestOffset)
            {
                return;
            }

            offsets += _writer[i].NextOffset - _writer[i].FirstOffset;
        }

        _isFilled = true;
        FetchLog.TopicFilled(context.Logger, context.Cache, name, offsets);
    }

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

    private void SetError(int error)
    {
        if (error != _error)
        {
            _error = error;
            Publish(_place);
        }
    }

    private void Publish(TopicPlace? place)
    {
        _place = place;
        foreach (TopicFeed feed in _feeds)
        {
            feed.Tell(place, _error);
        }
    }
}
