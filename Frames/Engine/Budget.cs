namespace Sluice.Frames;

/// <summary>Credit that several streams share (config-core §2.4): an HTTP/2 connection window, a fetch connection.</summary>
/// <remarks>
/// Engine thread only; it lives on one engine. The creditor acquires it, names it in <see cref="StreamPort.SendWindow"/>, credits it, and
/// disposes it. Ports that were given it claim from it with each DATA by themselves; others may call <see cref="Claim"/>. What a
/// child spends is spent on its parents too. Content that is dropped on its way gives its share back (the leak rule).
/// </remarks>
public sealed class Budget : IDisposable
{
    private const long KeepMs = 5000; // Content of a closed child may be under way for so long; it returns to the parent (§2.4 rule 5).

    private readonly BudgetTable _table;
    private readonly Budget _root;
    private readonly Queue<Waiter>? _waiters;
    private long _available;
    private bool _isClosed;

    internal Budget(BudgetTable table, long id, Budget? parent)
    {
        _table = table;
        Id = id;
        Parent = parent;
        _root = parent?._root ?? this;
        _waiters = parent is null ? new Queue<Waiter>() : null;
    }

    /// <summary>Names the budget in frames; the top byte is the engine's number.</summary>
    public long Id { get; }

    /// <summary>The budget this one spends from besides; null for none.</summary>
    public Budget? Parent { get; }

    /// <summary>False once disposed: nothing can be claimed any more.</summary>
    public bool IsOpen => !_isClosed && Parent is null or { IsOpen: true };

    /// <summary>Credit of this budget alone, in bytes, from 0.</summary>
    public long CreditBytes => _available;

    /// <summary>What a claim may get now, in bytes: the least along the parents; 0 when closed.</summary>
    public long AvailableBytes
    {
        get
        {
            long available = long.MaxValue;
            for (Budget? budget = this; budget is not null; budget = budget.Parent)
            {
                if (budget._isClosed)
                {
                    return 0;
                }

                available = Math.Min(available, budget._available);
            }

            return available;
        }
    }

    /// <summary>Adds credit; whoever waits for it hears in this turn or the next.</summary>
    /// <param name="bytes">From 0.</param>
    public void Credit(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _available = checked(_available + bytes);
        _table.MustNotify(_root);
    }

    /// <summary>Takes as much as there is, between two bounds.</summary>
    /// <param name="bytesMin">Less is of no use; without padding.</param>
    /// <param name="bytesMax">The most that is wanted; without padding.</param>
    /// <param name="paddingBytes">Charged besides, once.</param>
    /// <returns>What was taken, padding included; 0 when there is less than <paramref name="bytesMin"/> and the padding.</returns>
    public long Claim(long bytesMin, long bytesMax, int paddingBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesMin);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, bytesMin);
        ArgumentOutOfRangeException.ThrowIfNegative(paddingBytes);
        long claimed = Math.Min(AvailableBytes, bytesMax + paddingBytes);
        if (claimed < bytesMin + paddingBytes || !IsOpen)
        {
            return 0;
        }

        Spend(claimed);
        return claimed;
    }

    /// <summary>Gives back what was claimed and not used.</summary>
    /// <param name="bytes">From 0.</param>
    public void Return(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        for (Budget? budget = this; budget is not null; budget = budget.Parent)
        {
            budget._available += bytes;
        }

        _table.MustNotify(_root);
    }

    /// <summary>Calls once, after new credit came and at least this much can be claimed. First come, first served.</summary>
    /// <param name="bytes">What is needed, padding included.</param>
    /// <param name="callback">Called on the engine, never from inside the call that credits.</param>
    /// <param name="state">Passed on.</param>
    public void NotifyWhenCredited(long bytes, Action<object?> callback, object? state = null) =>
        _root._waiters!.Enqueue(new Waiter(this, bytes, callback, state));

    /// <summary>Closes the budget: the creditor is gone. What is under way still returns to the parents for 5 s.</summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _table.Closed(this, Parent is null ? 0 : KeepMs);
        }
    }

    internal void Spend(long bytes)
    {
        for (Budget? budget = this; budget is not null; budget = budget.Parent)
        {
            budget._available -= bytes;
        }
    }

    /// <summary>Tells those that can go on. Each waiter is looked at once; those it does not reach stay in line.</summary>
    internal int Notify(FrameEngine engine)
    {
        int told = 0;
        for (int left = _waiters!.Count; left > 0; left--)
        {
            Waiter waiter = _waiters.Dequeue();
            if (waiter.Budget.AvailableBytes < waiter.Bytes && waiter.Budget.IsOpen)
            {
                _waiters.Enqueue(waiter);
                continue;
            }

            told++;
            engine.Running = waiter.Callback;
            try
            {
                waiter.Callback(waiter.State);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                engine.OnBindingFault(0, exception);
            }
        }

        return told;
    }

    private readonly record struct Waiter(Budget Budget, long Bytes, Action<object?> Callback, object? State);
}
