using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Transactions;

/// <summary>Ending transactions: at their owner's word, or when their time is up.</summary>
internal sealed partial class TransactionCoordinator
{
    public ErrorCode End(string id, long producerId, short epoch, bool commit)
    {
        if (!_transactions.TryGetValue(id, out var transaction))
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        lock (transaction.Gate)
        {
            if (Check(transaction, producerId, epoch) is var refused and not ErrorCode.None && refused != ErrorCode.ConcurrentTransactions)
            {
                return refused;
            }

            switch (transaction.State)
            {
                case TransactionState.Ongoing:
                    return Decide(transaction, commit) is var failed and not ErrorCode.None ? failed : Finish(transaction);
                case TransactionState.PrepareCommit when commit:
                case TransactionState.PrepareAbort when !commit:
                    return Finish(transaction);
                case TransactionState.CompleteCommit when commit:
                case TransactionState.CompleteAbort when !commit:
                    return ErrorCode.None; // The answer to the first request was lost on its way.
                default:
                    return ErrorCode.InvalidTxnState;
            }
        }
    }

    /// <summary>Aborts what has run out of time, finishes what could not be finished, forgets what nobody uses. Called now and then.</summary>
    /// <returns>True while a transaction is open, so that the next look must not be late.</returns>
    public bool Tick()
    {
        long nowMs = _log.NowMs;
        bool isAnyOpen = false;
        foreach (var (id, transaction) in _transactions)
        {
            lock (transaction.Gate)
            {
                isAnyOpen |= transaction.IsEnding || transaction.State == TransactionState.Ongoing;
                if (transaction.IsEnding)
                {
                    Finish(transaction);
                }
                else if (transaction.State == TransactionState.Ongoing)
                {
                    if (nowMs - transaction.StartedAtMs > transaction.TimeoutMs)
                    {
                        Abort(transaction);
                    }
                }
                else if (transaction.ProducerId >= 0 && nowMs - transaction.ChangedAtMs > IdleMsMax && _log.Save(id, null) == ErrorCode.None)
                {
                    _transactions.TryRemove(id, out _);
                }
            }
        }

        return isAnyOpen;
    }

    // Under a new epoch, so that the former owner cannot add to a transaction that is over.
    private void Abort(Transaction transaction)
    {
        if (transaction.Epoch < short.MaxValue)
        {
            transaction.Epoch++;
        }

        if (Decide(transaction, commit: false) == ErrorCode.None)
        {
            Finish(transaction);
        }
    }

    private ErrorCode Decide(Transaction transaction, bool commit)
    {
        transaction.State = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort;
        var error = Save(transaction);
        if (error != ErrorCode.None)
        {
            transaction.State = TransactionState.Ongoing;
        }

        return error;
    }

    // May run again after a failure or a crash: a partition that has its marker has no open transaction left and is passed over.
    private ErrorCode Finish(Transaction transaction)
    {
        bool commit = transaction.State == TransactionState.PrepareCommit;
        foreach (var (topic, partition) in transaction.Partitions)
        {
            var error = _topics.Find(topic, partition)?.EndTransaction(transaction.ProducerId, transaction.Epoch, commit) ?? ErrorCode.None;
            if (error is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition))
            {
                return error;
            }
        }

        foreach (var (group, offsets) in transaction.Offsets)
        {
            if (commit && _offsets.Commit(group, offsets) is var failed and not ErrorCode.None)
            {
                return failed;
            }
        }

        transaction.Forget();
        transaction.State = commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort;
        return Save(transaction);
    }
}
