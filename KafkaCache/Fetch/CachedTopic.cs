using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>One topic on its way from the broker into segments. Fetch thread only, but for <see cref="RaiseLatestOffset"/>.</summary>
/// <remarks>
/// <code>
///   looked for ──found──▶ filling ──every end known──▶ readable ──offsets went back, or was gone and is back──▶ filling, new epoch
/// </code>
/// It is shown to readers once the broker has told where each partition ends: before that, "latest" would be a guess, and a bounded
/// read would take an unread topic for an empty one.
/// </remarks>
internal sealed partial class CachedTopic(string name, bool isBootstrap, bool isLive, FetchContext context, AskEnds askEnds)
{
    private readonly List<bool> _isEndKnown = [];
    private TopicDescription? _description;
    private TopicWriter? _writer;
    private bool _wasMissing;
    private bool _isFilled;
    private bool _isMoved;

    public string Name => name;

    /// <summary>Who is told. Any thread.</summary>
    public TopicFollowers Followers { get; } = new(isBootstrap);

    private bool IsPaused => _writer is null || _retryAtMs >= 0;

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
                Followers.TellError(KafkaErrors.TopicAuthorizationFailed);
                break;
            case TopicLookup.Found:
                context.Status.StopWaiting(name);
                Followers.TellError(0);
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
            Followers.Tell(Followers.Place is null ? null : new TopicPlace(_writer.Path, description.IsCompacted, _writer.PartitionCount));
        }
    }

    // ---- what comes from its partitions ----

    /// <returns>True when there is something to <see cref="TellMoved"/> that was not before.</returns>
    public bool OnRecord(int partition, in NewRecord record)
    {
        if (IsPaused || partition >= _writer!.PartitionCount)
        {
            return false;
        }

        PartitionWriter target = _writer[partition];
        if (record.Offset < target.NextOffset)
        {
            Restart($"partition {partition} went back to offset {record.Offset} from {target.NextOffset}");
            return false;
        }

        try
        {
            target.Append(record);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            OnStorageFault(exception.Message);
            return false;
        }

        _hasStorageFault = false;
        if (target.LatestOffset < record.Offset)
        {
            _writer.RaiseLatestOffset(partition, record.Offset);
        }

        if (!_isEndKnown[partition])
        {
            NoteEnd(partition, context.Reader.HighWatermark(name, partition));
        }

        return IsNews();
    }

    /// <returns>As of <see cref="OnRecord"/>.</returns>
    public bool OnPartitionEnd(int partition, long nextOffset)
    {
        if (IsPaused || partition >= _writer!.PartitionCount)
        {
            return false;
        }

        if (nextOffset < _writer[partition].NextOffset)
        {
            Restart($"partition {partition} ends at offset {nextOffset}, before {_writer[partition].NextOffset}");
            return false;
        }

        _writer[partition].AdvanceTo(nextOffset);
        _writer.RaiseLatestOffset(partition, nextOffset - 1);
        NoteEnd(partition, nextOffset);
        NoteFilled();
        return IsNews();
    }

    /// <summary>Notes a record that was acknowledged. Any thread.</summary>
    /// <returns>As <see cref="TopicWriter.RaiseLatestOffset"/>.</returns>
    public long RaiseLatestOffset(int partition, long offset) => Volatile.Read(ref _writer)?.RaiseLatestOffset(partition, offset) ?? -1;

    /// <summary>Tells followers once for all that moved since the last time.</summary>
    public void TellMoved()
    {
        _isMoved = false;
        if (Followers.Place is TopicPlace place)
        {
            Followers.Tell(place);
        }
    }

    private bool IsNews()
    {
        bool wasMoved = _isMoved;
        _isMoved = true;
        return !wasMoved;
    }

    private void Start()
    {
        var options = new SegmentOptions { DirtyRatioMin = Math.Clamp(_description!.DirtyRatioMin, 0.01, 1) };
        try
        {
            Volatile.Write(ref _writer, context.Directory.CreateTopic(name, _description.PartitionCount, _description.IsCompacted, options));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            OnStorageFault(exception.Message); // The next look at the topic starts it again.
            return;
        }

        FetchLog.TopicStarted(
            context.Logger, context.Cache, name, _description.PartitionCount, _description.IsCompacted ? "compacted" : "not compacted");
        _isEndKnown.Clear();
        _isFilled = false;
        _retryAtMs = -1;
        _isEndKnown.AddRange(Enumerable.Repeat(false, _writer.PartitionCount));
        if (!isLive)
        {
            Read(0, _writer.PartitionCount, _ => FetchStart.Earliest);
        }

        // Not before: what was acknowledged elsewhere until our file could be found there is among them (TopicSiblings).
        TopicWriter writer = _writer;
        int count = writer.PartitionCount;
        askEnds(name, count, ends => OnEnds(writer, count, ends));
    }

    // Those that the broker did not tell are heard of with the first records.
    private void OnEnds(TopicWriter writer, int partitionCount, IReadOnlyDictionary<int, long> ends)
    {
        if (writer != _writer)
        {
            return; // Read anew in the meantime.
        }

        if (isLive)
        {
            Read(0, partitionCount, partition => ends.GetValueOrDefault(partition, FetchStart.Latest));
        }

        foreach ((int partition, long end) in ends)
        {
            if (isLive)
            {
                writer[partition].AdvanceTo(end); // Nothing before it is asked for.
            }

            NoteEnd(partition, end);
        }

        NoteFilled();
    }

    private void Restart(string reason)
    {
        FetchLog.TopicRestarted(context.Logger, context.Cache, name, reason);
        context.Reader.Unassign(name, _writer!.PartitionCount);
        Followers.Tell(null); // Before it is retired, so that nobody who comes now is sent there.
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
        _isEndKnown.AddRange(Enumerable.Repeat(false, count - from));
        Read(from, count, _ => FetchStart.Earliest); // config-kafka §2.6 rule 8
    }

    private void Read(int from, int to, Func<int, long> start) =>
        context.Reader.Assign(name, [.. Enumerable.Range(from, to - from).Select(partition => (partition, start(partition)))]);

    // The broker tells it when asked, or else with its first answer. Below 0: not yet.
    private void NoteEnd(int partition, long end)
    {
        if (end < 0 || _isEndKnown[partition])
        {
            return;
        }

        _isEndKnown[partition] = true;
        _writer!.RaiseLatestOffset(partition, end - 1);
        if (_isEndKnown.TrueForAll(isKnown => isKnown))
        {
            _writer.PublishPartitions();
            Followers.Tell(new TopicPlace(_writer.Path, _writer.IsCompacted, _writer.PartitionCount));
        }
    }

    private void NoteFilled()
    {
        if (_isFilled || Followers.Place is null)
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
}
