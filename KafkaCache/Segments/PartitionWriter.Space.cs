namespace Sluice.KafkaCache.Segments;

// Space: what the topic's policy lets go. Readers keep what they have mapped; names go, pages stay until unmapped.
public sealed partial class PartitionWriter
{
    private long _settledOffset;
    private long _settlingOffset;
    private long _settlingSinceMs = -1;

    /// <summary>Drops sealed segments whose newest record is too old; the head stays (config-kafka §2.11 rule 2).</summary>
    /// <param name="nowMs">Epoch milliseconds.</param>
    /// <param name="retentionMs">The topic's <c>retention.ms</c>; below 0 for ever.</param>
    /// <returns>True when something was dropped.</returns>
    public bool DropExpired(long nowMs, long retentionMs)
    {
        int count = 0;
        while (retentionMs >= 0 && count < _segments.Count - 1 && _segments[count].NewestTimestampMs <= nowMs - retentionMs)
        {
            count++;
        }

        if (count > 0)
        {
            Replace(0, count, null);
            _state.SetFirstOffset(_partition, _segments[0].Segment.BaseOffset);
        }

        return count > 0;
    }

    /// <summary>Lets the next record begin a new segment when the head is older than this (<c>segment.ms</c>), so that it can expire.</summary>
    /// <param name="segmentMs">Age in milliseconds.</param>
    public void SealOldHead(long segmentMs)
    {
        _isHeadSealed |= _segments.Count > 0 && _segments[^1].UsedBytes > 0 && Environment.TickCount64 - _segments[^1].CreatedMs >= segmentMs;
    }

    /// <summary>Rewrites sealed segments without records that were superseded long enough ago; the head stays (config-kafka §2.11 rule 3).</summary>
    /// <param name="nowMs">Any clock that does not go back, in milliseconds.</param>
    /// <returns>True when space was recovered.</returns>
    public bool Compact(long nowMs)
    {
        if (_settlingSinceMs < 0 || nowMs - _settlingSinceMs >= _options.CompactionLagMs)
        {
            _settledOffset = _settlingSinceMs < 0 ? 0 : _settlingOffset;
            _settlingOffset = NextOffset;
            _settlingSinceMs = nowMs;
            if (_options.CompactionLagMs == 0)
            {
                _settledOffset = NextOffset;
            }
        }

        bool isChanged = false;
        for (int first = 0; first < _segments.Count - 1; first++)
        {
            int count = 0;
            long liveBytes = 0;
            while (first + count < _segments.Count - 1 && TryMeasure(_segments[first + count], out long live)
                && (count == 0 || liveBytes + live <= _options.SegmentBytesMax - SegmentLayout.RecordsAt))
            {
                liveBytes += live;
                count++;
            }

            if (count > 0)
            {
                Rewrite(first, count, liveBytes);
                isChanged = true;
            }
        }

        return isChanged;
    }

    // Worth it when enough is superseded and settled.
    private bool TryMeasure(WrittenSegment written, out long liveBytes)
    {
        liveBytes = 0;
        if (written.DirtyBytes == 0 || written.DirtyBytes < written.UsedBytes * _options.DirtyRatioMin)
        {
            return false;
        }

        Segment segment = written.Segment;
        long committed = segment.Committed;
        for (long position = SegmentLayout.RecordsAt; position < committed;)
        {
            RecordView record = segment.Read(position, committed);
            liveBytes += IsRemovable(record) ? 0 : record.Bytes.Length;
            position += record.Bytes.Length;
        }

        return written.UsedBytes - liveBytes >= Math.Max(1, written.UsedBytes * _options.DirtyRatioMin);
    }

    private bool IsRemovable(in RecordView record) => PartitionReader.IsSuperseded(record, _settledOffset);

    private void Rewrite(int first, int count, long liveBytes)
    {
        WrittenSegment? target = null;
        if (liveBytes > 0)
        {
            long fileBytes = (SegmentLayout.RecordsAt + liveBytes + 4095) & ~4095L;
            target = CreateSegment(_segments[first].Segment.BaseOffset, fileBytes);
            for (int i = first; i < first + count; i++)
            {
                CopyLive(_segments[i].Segment, target);
            }
        }

        Replace(first, count, target);
    }

    // Keys point to the copy before the original leaves the list: a reader that finds the original gone looks at the slot again.
    private void CopyLive(Segment source, WrittenSegment target)
    {
        long committed = source.Committed;
        for (long position = SegmentLayout.RecordsAt; position < committed;)
        {
            RecordView record = source.Read(position, committed);
            if (!IsRemovable(record))
            {
                long copy = target.Append(record);
                MoveKey(record, new RecordLocation((ulong)record.KeyHash, target.Segment.Id, copy));
            }

            position += record.Bytes.Length;
        }
    }

    // The key's slot, when it points to this very record.
    private void MoveKey(in RecordView record, RecordLocation to)
    {
        if (record.IsKeyNull || _index is null)
        {
            return;
        }

        var from = new RecordLocation((ulong)record.KeyHash, record.Segment.Id, record.Position);
        for (long slot = _index.FirstSlot((ulong)record.KeyHash); !_index[slot].IsEmpty; slot = _index.NextSlot(slot))
        {
            if (_index[slot] == from)
            {
                _index[slot] = to;
                return;
            }
        }
    }

    private void Replace(int first, int count, WrittenSegment? by)
    {
        List<WrittenSegment> gone = _segments.GetRange(first, count);
        _segments.RemoveRange(first, count);
        if (by is not null)
        {
            _segments.Insert(first, by);
        }

        PublishList();
        foreach (WrittenSegment segment in gone)
        {
            if (by is null)
            {
                GiveUpKeys(segment.Segment);
            }

            _byId.Remove(segment.Segment.Id);
            segment.Segment.Unlink();
            segment.Segment.Dispose();
        }
    }

    private void GiveUpKeys(Segment segment)
    {
        long committed = segment.Committed;
        for (long position = SegmentLayout.RecordsAt; position < committed;)
        {
            RecordView record = segment.Read(position, committed);
            MoveKey(record, RecordLocation.GivenUp);
            position += record.Bytes.Length;
        }
    }
}
