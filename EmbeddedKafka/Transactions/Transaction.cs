using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Transactions;

internal enum TransactionState
{
    Empty,
    Ongoing,
    PrepareCommit,
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,
}

/// <summary>One transactional id: who may write under it, and what its open transaction has touched. Guarded by <see cref="Gate"/>.</summary>
internal sealed class Transaction(string id)
{
    public Lock Gate { get; } = new();

    public string Id { get; } = id;

    public long ProducerId { get; set; } = -1;

    public short Epoch { get; set; } = -1;

    public int TimeoutMs { get; set; }

    public TransactionState State { get; set; }

    public long StartedAtMs { get; set; }

    public long ChangedAtMs { get; set; }

    public HashSet<(string Topic, int Partition)> Partitions { get; } = [];

    /// <summary>Offsets per group that become committed when the transaction does.</summary>
    public Dictionary<string, List<OffsetToCommit>> Offsets { get; } = [];

    public bool IsEnding => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    public TransactionRecord ToRecord() => new(
        ProducerId, Epoch, TimeoutMs, State, StartedAtMs, ChangedAtMs, [.. Partitions.Select(p => new PartitionRecord(p.Topic, p.Partition))],
        Offsets.ToDictionary(o => o.Key, o => o.Value.ToList()));

    public void Restore(TransactionRecord record)
    {
        (ProducerId, Epoch, TimeoutMs, State) = (record.ProducerId, record.Epoch, record.TimeoutMs, record.State);
        (StartedAtMs, ChangedAtMs) = (record.StartedAtMs, record.ChangedAtMs);
        Partitions.Clear();
        Partitions.UnionWith(record.Partitions.Select(p => (p.Topic, p.Partition)));
        Offsets.Clear();
        foreach (var (group, offsets) in record.Offsets)
        {
            Offsets[group] = offsets;
        }
    }

    public void Forget()
    {
        Partitions.Clear();
        Offsets.Clear();
    }
}

internal sealed record PartitionRecord(string Topic, int Partition);

/// <summary>A transaction as the topic <c>__transaction_state</c> keeps it: key the transactional id, value this as JSON.</summary>
internal sealed record TransactionRecord(
    long ProducerId, short Epoch, int TimeoutMs, TransactionState State, long StartedAtMs, long ChangedAtMs,
    List<PartitionRecord> Partitions, Dictionary<string, List<OffsetToCommit>> Offsets);
