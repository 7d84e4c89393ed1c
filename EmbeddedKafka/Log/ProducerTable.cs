using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>What a partition remembers of idempotent and transactional producers; guarded by the log's lock.</summary>
/// <remarks>A producer's last five batches are kept, as many as a client may have in flight, to recognise repeats.</remarks>
internal sealed class ProducerTable
{
    public const int BatchesKept = 5;

    /// <summary>One day: a producer silent for longer is forgotten, unless its transaction is open.</summary>
    public const long IdleMsMax = 24 * 3600 * 1000L;

    internal readonly record struct Sent(int FirstSequence, int LastSequence, long BaseOffset, long MaxTimestamp);

    internal sealed class Entry
    {
        public short Epoch = -1;
        public long SeenAtMs;

        /// <summary>Offset of the first record of the open transaction, or -1.</summary>
        public long OpenFrom = -1;

        public List<Sent> Batches { get; } = new(BatchesKept);
    }

    public Dictionary<long, Entry> Entries { get; } = [];

    /// <summary>Checks epoch and sequence. A repeat of a batch already written gives that batch in <paramref name="repeated"/>.</summary>
    public ErrorCode Check(Batch batch, out Sent? repeated)
    {
        repeated = null;
        if (!Entries.TryGetValue(batch.ProducerId, out var entry))
        {
            return ErrorCode.None;
        }

        if (batch.ProducerEpoch < entry.Epoch)
        {
            return ErrorCode.InvalidProducerEpoch;
        }

        int first = batch.BaseSequence;
        if (batch.ProducerEpoch > entry.Epoch)
        {
            return first == 0 || entry.Epoch < 0 ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
        }

        if (entry.Batches.Count == 0)
        {
            return ErrorCode.None;
        }

        int last = LastSequence(batch);
        foreach (var sent in entry.Batches)
        {
            if (sent.FirstSequence == first && sent.LastSequence == last)
            {
                repeated = sent;
                return ErrorCode.None;
            }
        }

        int previous = entry.Batches[^1].LastSequence;
        return first == Next(previous) ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Takes note of a batch that is in the log.</summary>
    public void Update(Batch batch, long nowMs)
    {
        if (batch.ProducerId < 0)
        {
            return;
        }

        if (!Entries.TryGetValue(batch.ProducerId, out var entry))
        {
            Entries[batch.ProducerId] = entry = new Entry();
        }

        if (batch.ProducerEpoch != entry.Epoch)
        {
            entry.Epoch = batch.ProducerEpoch;
            entry.Batches.Clear();
        }

        entry.SeenAtMs = nowMs;
        if (batch.IsControl)
        {
            entry.OpenFrom = -1;
            return;
        }

        if (batch.IsTransactional && entry.OpenFrom < 0)
        {
            entry.OpenFrom = batch.BaseOffset;
        }

        if (entry.Batches.Count == BatchesKept)
        {
            entry.Batches.RemoveAt(0);
        }

        entry.Batches.Add(new Sent(batch.BaseSequence, LastSequence(batch), batch.BaseOffset, batch.MaxTimestamp));
    }

    /// <summary>The first offset of the oldest open transaction, or <see cref="long.MaxValue"/>.</summary>
    public long OldestOpen()
    {
        long oldest = long.MaxValue;
        foreach (var entry in Entries.Values)
        {
            if (entry.OpenFrom >= 0 && entry.OpenFrom < oldest)
            {
                oldest = entry.OpenFrom;
            }
        }

        return oldest;
    }

    public void Expire(long nowMs)
    {
        foreach (var (id, entry) in Entries)
        {
            if (entry.OpenFrom < 0 && entry.SeenAtMs < nowMs - IdleMsMax)
            {
                Entries.Remove(id);
            }
        }
    }

    private static int LastSequence(Batch batch)
    {
        long last = (long)batch.BaseSequence + batch.LastOffsetDelta;
        return (int)(last > int.MaxValue ? last - int.MaxValue - 1 : last);
    }

    private static int Next(int sequence) => sequence == int.MaxValue ? 0 : sequence + 1;
}
