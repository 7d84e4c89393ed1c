namespace Sluice.Frames;

/// <summary>Credit that several streams share (config-core §2.4): an HTTP/2 connection window, a fetch connection.</summary>
/// <remarks>
/// Engine thread only; it lives on one engine. The creditor acquires it, names it in <see cref="StreamPort.SendWindow"/>, credits it, and
/// disposes it. Ports that were given it claim from it with each DATA by themselves; others may call <see cref="Claim"/>. What a
/// child spends is spent on its parents too. Content that is dropped on its way gives its share back (the leak rule). Over a link the other
/// side has a budget of its own that borrows from this one (<see cref="BudgetLease"/>).
/// </remarks>
public sealed class Budget : IDisposable
{
    private readonly BudgetTable _table;
    private readonly Budget _root;
    private readonly BudgetLine? _line;
    private readonly BudgetLease? _lease;
    private List<BudgetLoan>? _loans;
    private long _available;
    private bool _isClosed;

    internal Budget(BudgetTable table, long id, Budget? parent, BudgetLease? lease = null)
    {
        _table = table;
        _lease = lease;
        Id = id;
        Parent = parent;
        _root = parent?._root ?? this;
        _line = parent is null ? new BudgetLine() : null;
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
    /// <exception cref="InvalidOperationException">The budget is another engine's: only that one has credit to add.</exception>
    public void Credit(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (_lease is not null)
        {
            throw new InvalidOperationException("a budget is credited by the engine that owns it, never over a link");
        }

        _available = checked(_available + bytes);
        _root._lease?.OnCredited();
        MustNotify();
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

        MustNotify();
    }

    /// <summary>Calls once, after new credit came and at least this much can be claimed. First come, first served.</summary>
    /// <param name="bytes">What is needed, padding included.</param>
    /// <param name="callback">Called on the engine, never from inside the call that credits.</param>
    /// <param name="state">Passed on.</param>
    public void NotifyWhenCredited(long bytes, Action<object?> callback, object? state = null) => Wait(new CallbackWaiter(bytes, callback, state));

    /// <summary>Closes the budget: the creditor is gone. What is under way still returns to the parents for 5 s.</summary>
    /// <remarks>One that is lent to us over a link is its owner's to close: then this does nothing.</remarks>
    public void Dispose()
    {
        if (_lease is null)
        {
            Close();
        }
    }

    /// <summary>Who lends it to us over a link; null when it is ours.</summary>
    internal BudgetLease? Lease => _lease;

    /// <summary>Whom we lend to over links.</summary>
    internal IReadOnlyList<BudgetLoan> Loans => _loans ?? (IReadOnlyList<BudgetLoan>)[];

    /// <summary>True while somebody in its line, or in that of its parents, is being told.</summary>
    internal bool IsTelling => _root._line!.IsTelling;

    /// <summary>How many stand in line for it or for its children; of a root.</summary>
    internal int WaiterCount => _line!.Count;

    internal void AddLoan(BudgetLoan loan) => (_loans ??= []).Add(loan);

    internal void RemoveLoan(BudgetLoan loan) => _loans?.Remove(loan);

    internal void MustNotify() => _table.MustNotify(_root);

    internal void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            MustNotify(); // Whoever waits learns that nothing will come.
            _table.Closed(this);
        }
    }

    /// <summary>It has been closed for so long that nothing of it can be under way.</summary>
    internal void Forget()
    {
        _table.Forget(this);
        _lease?.Owner.ForgetLease(_lease);
        foreach (BudgetLoan loan in Loans)
        {
            loan.Link.ForgetLoan(loan);
        }
    }

    internal void Spend(long bytes)
    {
        for (Budget? budget = this; budget is not null; budget = budget.Parent)
        {
            budget._available -= bytes;
        }
    }

    /// <summary>Joins the line.</summary>
    internal void Wait(ICreditWaiter waiter)
    {
        _root._line!.Join(this, waiter);
        AskAgain(waiter);
    }

    /// <summary>Somebody in line found too little once more.</summary>
    internal void AskAgain(ICreditWaiter waiter) => _root._lease?.OnAsked(waiter.NeededBytes(this), IsTelling);

    /// <summary>Empties it, to give it back to its owner.</summary>
    internal long TakeAll()
    {
        long all = _available;
        _available = 0;
        return all;
    }

    /// <summary>What those in line need at least and want at most, as far as it is this root budget that keeps them waiting.</summary>
    internal (long Needed, long Wanted) LineWants() => _line!.Wants();

    /// <summary>What the parents below the root leave to it, in bytes.</summary>
    internal long LimitBytes
    {
        get
        {
            long limit = long.MaxValue;
            for (Budget budget = this; budget.Parent is { } parent; budget = parent)
            {
                limit = Math.Min(limit, budget._available);
            }

            return limit;
        }
    }

    /// <summary>Tells those in line that can go on. Once a turn, of a root only.</summary>
    internal int Notify(FrameEngine engine)
    {
        long before = _available;
        int told = _line!.Tell(engine, out bool isSomebodyAtIt);
        _lease?.Settle(hasSpent: _available < before, isSomebodyAtIt);
        return told;
    }

    private sealed class CallbackWaiter(long bytes, Action<object?> callback, object? state) : ICreditWaiter
    {
        public long NeededBytes(Budget budget) => bytes;

        public long WantedBytes(Budget budget) => bytes;

        public void OnCredited(Budget budget)
        {
            budget._table.Engine.Running = callback;
            callback(state);
        }
    }
}
