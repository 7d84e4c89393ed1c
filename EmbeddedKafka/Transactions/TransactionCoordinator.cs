using System.Collections.Concurrent;
using Sluice.EmbeddedKafka.Groups;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Transactions;

/// <summary>All transactional ids: who owns them, what their transactions touch, how they end.</summary>
/// <remarks>
/// <code>Empty ─add→ Ongoing ─end→ Prepare{Commit,Abort} ─markers, offsets→ Complete{Commit,Abort} ─add→ Ongoing…</code>
/// Each step is in the log before it is answered. The decision is the Prepare record: once it is written the transaction ends
/// that way, also after a crash. Spec: KIP-98, KIP-360, KIP-447.
/// </remarks>
internal sealed partial class TransactionCoordinator
{
    /// <summary>15 minutes, as in Apache Kafka: how long a transaction may hold back read_committed readers.</summary>
    public const int TimeoutMsMax = 900_000;

    /// <summary>10,000 ids: each keeps about 1 KiB in memory. Idle ones are forgotten after a week.</summary>
    public const int IdsMax = 10_000;

    private const long IdleMsMax = 7 * 24 * 3600 * 1000L;

    private readonly ConcurrentDictionary<string, Transaction> _transactions = new();
    private readonly TopicStore _topics;
    private readonly OffsetStore _offsets;
    private readonly ProducerIds _producerIds;
    private readonly TransactionLog _log;
    private readonly Latch _clockWanted;

    public TransactionCoordinator(TopicStore topics, OffsetStore offsets, ProducerIds producerIds, TimeProvider clock, Latch clockWanted)
    {
        (_topics, _offsets, _producerIds, _clockWanted) = (topics, offsets, producerIds, clockWanted);
        _clockWanted.Set(); // What a former run left open has time-outs too.
        _log = new TransactionLog(topics, clock);
        foreach (var (id, record) in _log.Load())
        {
            var transaction = new Transaction(id);
            transaction.Restore(record);
            _transactions[id] = transaction;
            if (transaction.IsEnding)
            {
                Finish(transaction);
            }
        }
    }

    /// <summary>Gives a transactional id to who asks; whoever had it is fenced, and its open transaction aborted.</summary>
    public (ErrorCode Error, long ProducerId, short Epoch) Init(string id, int timeoutMs, long knownId, short knownEpoch)
    {
        if (id.Length == 0)
        {
            return (ErrorCode.InvalidRequest, -1, -1);
        }

        if (timeoutMs is <= 0 or > TimeoutMsMax)
        {
            return (ErrorCode.InvalidTransactionTimeout, -1, -1);
        }

        if (_transactions.Count >= IdsMax && !_transactions.ContainsKey(id))
        {
            return (ErrorCode.CoordinatorNotAvailable, -1, -1);
        }

        var transaction = _transactions.GetOrAdd(id, key => new Transaction(key));
        lock (transaction.Gate)
        {
            if (knownId >= 0 && transaction.ProducerId >= 0 && (knownId != transaction.ProducerId || knownEpoch != transaction.Epoch))
            {
                return (ErrorCode.ProducerFenced, -1, -1);
            }

            if (transaction.State == TransactionState.Ongoing)
            {
                Abort(transaction);
            }

            if (transaction.IsEnding && Finish(transaction) is var unfinished and not ErrorCode.None)
            {
                return (unfinished, -1, -1);
            }

            Renew(transaction);
            (transaction.TimeoutMs, transaction.State) = (timeoutMs, TransactionState.Empty);
            var error = Save(transaction);
            return error == ErrorCode.None ? (error, transaction.ProducerId, transaction.Epoch) : (error, -1, -1);
        }
    }

    /// <summary>Names partitions the transaction is going to write; without this they refuse its batches.</summary>
    public ErrorCode AddPartitions(string id, long producerId, short epoch, IEnumerable<(string Topic, int Partition)> partitions) =>
        Change(id, producerId, epoch, transaction => transaction.Partitions.UnionWith(partitions));

    /// <summary>Names a group whose offsets the transaction is going to commit.</summary>
    public ErrorCode AddGroup(string id, long producerId, short epoch, string group) =>
        Change(id, producerId, epoch, transaction => transaction.Offsets.TryAdd(group, []));

    /// <summary>Keeps offsets, durably, until the transaction ends.</summary>
    public ErrorCode AddOffsets(string id, long producerId, short epoch, string group, IReadOnlyList<OffsetToCommit> offsets)
    {
        if (!_transactions.TryGetValue(id, out var transaction))
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        lock (transaction.Gate)
        {
            if (Check(transaction, producerId, epoch) is var refused and not ErrorCode.None)
            {
                return refused;
            }

            if (transaction.State != TransactionState.Ongoing || !transaction.Offsets.TryGetValue(group, out var pending))
            {
                return ErrorCode.InvalidTxnState;
            }

            foreach (var offset in offsets)
            {
                pending.RemoveAll(old => old.Topic == offset.Topic && old.Partition == offset.Partition);
                pending.Add(offset);
            }

            return Save(transaction);
        }
    }

    /// <summary>Whether a transaction that has not ended yet holds an offset of this partition back.</summary>
    public bool HoldsOffset(string group, string topic, int partition)
    {
        foreach (var transaction in _transactions.Values)
        {
            lock (transaction.Gate)
            {
                if (transaction.Offsets.TryGetValue(group, out var pending) &&
                    pending.Exists(offset => offset.Topic == topic && offset.Partition == partition))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Runs an append of the transaction while it cannot end, so that no batch ever lands behind its own marker.</summary>
    public T Write<T>(string? id, long producerId, short epoch, string topic, int partition, Func<T> append, Func<ErrorCode, T> refuse)
    {
        if (id is null || !_transactions.TryGetValue(id, out var transaction))
        {
            return refuse(ErrorCode.InvalidProducerIdMapping);
        }

        lock (transaction.Gate)
        {
            if (transaction.ProducerId != producerId)
            {
                return refuse(ErrorCode.InvalidProducerIdMapping);
            }

            if (transaction.Epoch != epoch)
            {
                return refuse(ErrorCode.InvalidProducerEpoch);
            }

            return transaction.State == TransactionState.Ongoing && transaction.Partitions.Contains((topic, partition))
                ? append()
                : refuse(ErrorCode.InvalidTxnState);
        }
    }

    private static ErrorCode Check(Transaction transaction, long producerId, short epoch)
    {
        if (transaction.ProducerId != producerId)
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        if (transaction.Epoch != epoch)
        {
            return ErrorCode.ProducerFenced;
        }

        return transaction.IsEnding ? ErrorCode.ConcurrentTransactions : ErrorCode.None;
    }

    private ErrorCode Change(string id, long producerId, short epoch, Action<Transaction> change)
    {
        if (!_transactions.TryGetValue(id, out var transaction))
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        lock (transaction.Gate)
        {
            if (Check(transaction, producerId, epoch) is var refused and not ErrorCode.None)
            {
                return refused;
            }

            var before = transaction.ToRecord();
            if (transaction.State != TransactionState.Ongoing)
            {
                transaction.Forget();
                (transaction.State, transaction.StartedAtMs) = (TransactionState.Ongoing, _log.NowMs);
                _clockWanted.Set();
            }

            change(transaction);
            var error = Save(transaction);
            if (error != ErrorCode.None)
            {
                transaction.Restore(before);
            }

            return error;
        }
    }

    private ErrorCode Save(Transaction transaction)
    {
        transaction.ChangedAtMs = _log.NowMs;
        return _log.Save(transaction.Id, transaction.ToRecord());
    }

    private void Renew(Transaction transaction)
    {
        if (transaction.ProducerId < 0 || transaction.Epoch >= short.MaxValue - 1)
        {
            (transaction.ProducerId, transaction.Epoch) = (_producerIds.Next(), 0);
        }
        else
        {
            transaction.Epoch++;
        }
    }
}
