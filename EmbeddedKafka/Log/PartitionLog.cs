using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>What became of one append.</summary>
/// <param name="BaseOffset">Offset of the first record, also when the batch was a repeat of one already written.</param>
/// <param name="AppendTimeMs">The broker's time for topics with LogAppendTime, otherwise -1.</param>
internal readonly record struct AppendResult(ErrorCode Error, long BaseOffset = -1, long AppendTimeMs = -1, string? Message = null);

/// <summary>One partition: segments on disk, the producers that wrote to it, and the fetches that wait for more.</summary>
/// <remarks>
/// Appends run one at a time under the gate; reads take no lock: the segment array is replaced, never changed, and each
/// segment publishes its size after its bytes. A batch is in the page cache (or, with sync, on the disk) before its append
/// returns, so what was acknowledged outlives the process (or the machine).
/// </remarks>
internal sealed partial class PartitionLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LogSettings _settings;
    private readonly ProducerTable _producers = new();
    private readonly List<AbortedTransaction> _aborted = [];
    private readonly WaiterList _waiters = new();
    private Segment[] _segments;
    private long _endOffset;
    private long _startOffset;
    private long _oldestOpen = long.MaxValue;
    private bool _closed;

    public string Directory { get; }

    public string Name { get; }

    /// <summary>The topic's configuration as it is now.</summary>
    public TopicConfig Config { get; set; }

    /// <summary>The lowest offset that can be read.</summary>
    public long StartOffset => Volatile.Read(ref _startOffset);

    /// <summary>The offset the next record will get; also the high watermark, as there is one replica.</summary>
    public long EndOffset => Volatile.Read(ref _endOffset);

    /// <summary>How far read_committed clients may read: the start of the oldest open transaction, or the end.</summary>
    public long StableOffset => Math.Min(Volatile.Read(ref _oldestOpen), EndOffset);

    public WaiterList Waiters => _waiters;

    public long SizeBytes => Volatile.Read(ref _segments).Sum(segment => segment.SizeBytes);

    private Segment Active => _segments[^1];

    /// <summary>Appends one batch that passed <see cref="BatchCheck"/>, or that the broker itself built.</summary>
    public AppendResult Append(Span<byte> bytes, bool fromClient = true)
    {
        var batch = new Batch(bytes);
        var config = Config;
        long nowMs = _settings.NowMs();
        AppendResult result;
        lock (_gate)
        {
            if (_closed)
            {
                return new AppendResult(ErrorCode.UnknownTopicOrPartition);
            }

            if (fromClient && batch.ProducerId >= 0)
            {
                var verdict = _producers.Check(batch, out var repeated);
                if (verdict != ErrorCode.None)
                {
                    return new AppendResult(verdict);
                }

                if (repeated is { } sent)
                {
                    return new AppendResult(ErrorCode.None, sent.BaseOffset, config.IsLogAppendTime ? sent.MaxTimestamp : -1);
                }
            }

            batch.BaseOffset = _endOffset;
            batch.LeaderEpoch = 0;
            if (config.IsLogAppendTime)
            {
                batch.Attributes |= Batch.LogAppendTimeBit;
                batch.MaxTimestamp = nowMs;
                batch.Seal();
            }
            else if (batch.IsLogAppendTime)
            {
                batch.Attributes &= ~Batch.LogAppendTimeBit;
                batch.Seal();
            }

            try
            {
                RollWhenDue(batch, config, nowMs);
                Active.Append(batch, _settings.SyncEveryBatch || config.SyncEveryBatch);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _settings.Storage.Failed(Name, e);
                return new AppendResult(ErrorCode.KafkaStorageError, Message: e.Message);
            }

            result = new AppendResult(ErrorCode.None, batch.BaseOffset, config.IsLogAppendTime ? nowMs : -1);
            Remember(batch, nowMs);
            Volatile.Write(ref _endOffset, batch.LastOffset + 1);
        }

        _settings.Written.Set();
        _waiters.WakeAll();
        return result;
    }

    /// <summary>Writes the marker that ends a producer's transaction here, unless it has none open: then it wrote nothing, or has ended already.</summary>
    public ErrorCode EndTransaction(long producerId, short epoch, bool commit)
    {
        lock (_gate)
        {
            return !_producers.Entries.TryGetValue(producerId, out var entry) || entry.OpenFrom < 0
                ? ErrorCode.None
                : Append(BatchBuilder.Marker(_settings.NowMs(), producerId, epoch, commit), fromClient: false).Error;
        }
    }

    /// <summary>Lets an interval of the wall clock pass: flushes what was written and seals what is full.</summary>
    public void Flush()
    {
        foreach (var segment in Volatile.Read(ref _segments))
        {
            try
            {
                if (segment.IsDirty)
                {
                    segment.Flush();
                }

                if (!segment.HasIndexFile && !ReferenceEquals(segment, Volatile.Read(ref _segments)[^1]))
                {
                    SegmentFiles.WriteIndex(segment);
                }
            }
            catch (ObjectDisposedException)
            {
                // Retention or compaction removed it meanwhile.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _settings.Storage.Failed(Name, e);
                _settings.Written.Set(); // Tried again after the next interval.
            }
        }
    }

    /// <summary>Flushes, leaves what a quick start needs, and closes the files.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            Flush();
            try
            {
                if (!Active.HasIndexFile)
                {
                    SegmentFiles.WriteIndex(Active);
                }

                ProducerSnapshot.Of(_endOffset, _producers, _aborted).Save(Directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _settings.Storage.Failed(Name, e);
            }
        }

        Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var segment in _segments)
            {
                segment.Dispose();
            }
        }

        _waiters.WakeAll();
    }

    private void RollWhenDue(Batch batch, TopicConfig config, long nowMs)
    {
        var active = Active;
        bool full = active.SizeBytes + batch.SizeBytes > config.SegmentBytes;
        bool wide = batch.LastOffset - active.BaseOffset > int.MaxValue;
        bool old = nowMs - active.CreatedAtMs > config.SegmentMs;
        if (active.SizeBytes > 0 && (full || wide || old))
        {
            Roll(nowMs);
        }
    }

    private void Roll(long nowMs)
    {
        // The snapshot first: whatever it misses is in the new segment, which a start always reads.
        _producers.Expire(nowMs);
        _aborted.RemoveAll(gone => gone.LastOffset < _startOffset);
        ProducerSnapshot.Of(_endOffset, _producers, _aborted).Save(Directory);
        var next = Segment.Create(Directory, _endOffset, nowMs);
        if (_settings.SyncEveryBatch || Config.SyncEveryBatch)
        {
            FlushName(next, Directory);
        }

        Volatile.Write(ref _segments, [.. _segments, next]);
    }

    private static void FlushName(Segment segment, params ReadOnlySpan<string> folders)
    {
        try
        {
            foreach (string folder in folders)
            {
                FolderEntries.Flush(folder);
            }
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    private void Remember(Batch batch, long nowMs)
    {
        if (batch.ProducerId < 0)
        {
            return;
        }

        if (batch.IsControl && _producers.Entries.TryGetValue(batch.ProducerId, out var entry) && entry.OpenFrom >= 0)
        {
            NoteEnd(batch, entry);
        }

        _producers.Update(batch, nowMs);
        if (batch.IsTransactional)
        {
            Volatile.Write(ref _oldestOpen, _producers.OldestOpen());
        }
    }

    private void NoteEnd(Batch marker, ProducerTable.Entry entry)
    {
        var reader = new RecordReader(marker.Records);
        if (reader.TryNext() && reader.ControlType() == 0)
        {
            _aborted.Add(new AbortedTransaction(marker.ProducerId, entry.OpenFrom, marker.BaseOffset));
        }
    }
}
