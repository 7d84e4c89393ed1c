using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Housekeeping: retention by time and size, and compaction. Called by one thread only.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>Every key below this offset appears once; what lies above is what compaction has to look at.</summary>
    private long _cleanedTo;

    public void Clean()
    {
        try
        {
            long nowMs = _settings.NowMs();
            var config = Config;
            if (config.IsDeleted)
            {
                Retain(config, nowMs);
            }

            RemoveBelowStart();
            if (config.IsCompacted)
            {
                Compact(config, nowMs);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One partition's trouble must not end the task that looks after all of them.
            if (!_closed)
            {
                _settings.Storage.CleaningFailed(Name, e);
            }
        }
    }

    private void Retain(TopicConfig config, long nowMs)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            bool Expired(Segment s) => config.RetentionMs >= 0 && s.SizeBytes > 0 &&
                (s.MaxTimestamp >= 0 ? s.MaxTimestamp : s.CreatedAtMs) < nowMs - config.RetentionMs;

            if (Expired(Active) && StableOffset == _endOffset)
            {
                Roll(nowMs);
            }

            long excess = config.RetentionBytes < 0 ? 0 : SizeBytes - config.RetentionBytes;
            int count = 0;
            for (; count < _segments.Length - 1; count++)
            {
                var segment = _segments[count];
                if (segment.NextOffset > StableOffset || !(Expired(segment) || excess >= segment.SizeBytes))
                {
                    break;
                }

                excess -= segment.SizeBytes;
            }

            RemoveFirst(count);
        }
    }

    private void RemoveBelowStart()
    {
        lock (_gate)
        {
            int count = 0;
            while (!_closed && count < _segments.Length - 1 && _segments[count].NextOffset <= _startOffset)
            {
                count++;
            }

            RemoveFirst(count);
        }
    }

    // Oldest first, so that a crash in between leaves a log without holes.
    private void RemoveFirst(int count)
    {
        if (count == 0)
        {
            return;
        }

        var removed = _segments[..count];
        Volatile.Write(ref _segments, _segments[count..]);
        Volatile.Write(ref _startOffset, Math.Max(_startOffset, _segments[0].BaseOffset));
        foreach (var segment in removed)
        {
            CompactionSwap.Delete(segment);
        }
    }

    private void Compact(TopicConfig config, long nowMs)
    {
        Segment[] sealedOnes;
        List<AbortedTransaction> aborted;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (Active.SizeBytes > 0 && nowMs - Active.CreatedAtMs > config.MaxCompactionLagMs)
            {
                Roll(nowMs);
            }

            long stable = StableOffset;
            sealedOnes = [.. _segments[..^1].TakeWhile(s =>
                s.NextOffset <= stable && (config.MinCompactionLagMs <= 0 || s.MaxTimestamp < nowMs - config.MinCompactionLagMs))];
            aborted = [.. _aborted];
        }

        long total = sealedOnes.Sum(s => s.SizeBytes);
        long dirty = sealedOnes.Where(s => s.NextOffset > _cleanedTo).Sum(s => s.SizeBytes);
        bool overdue = sealedOnes.Any(s => s.NextOffset > _cleanedTo && nowMs - s.CreatedAtMs > config.MaxCompactionLagMs);
        if (dirty == 0 || (dirty < total * config.MinCleanableDirtyRatio && !overdue))
        {
            return;
        }

        var compactor = new Compactor(aborted, config, nowMs);
        long mappedTo = compactor.Map(sealedOnes, _cleanedTo);
        foreach (var group in Compactor.Group(sealedOnes.TakeWhile(s => s.NextOffset <= mappedTo), config.SegmentBytes))
        {
            string draft = compactor.Rewrite(Directory, group);
            Replace(group, draft);
        }

        _cleanedTo = mappedTo;
        _settings.Storage.Cleaned(Name, total, sealedOnes.Length == 0 ? 0 : SizeBytes);
    }

    private void Replace(List<Segment> group, string draft)
    {
        var merged = CompactionSwap.Open(draft, group[0].BaseOffset); // Before the gate: it reads a whole segment, and appends would wait.
        lock (_gate)
        {
            if (_closed)
            {
                merged?.Dispose();
                File.Delete(draft);
                return;
            }

            var remove = CompactionSwap.Commit(draft, merged, group);
            var rest = _segments.Where(s => !group.Contains(s));
            Volatile.Write(ref _segments, merged is null ? [.. rest] : [.. rest.Append(merged).OrderBy(s => s.BaseOffset)]);
            remove();
        }
    }
}
