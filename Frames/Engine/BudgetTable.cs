namespace Sluice.Frames;

/// <summary>The budgets of one engine (config-core §2.4). Engine thread only.</summary>
/// <remarks>
/// A budget crosses links: a WINDOW that names one makes a lease of it over there, which has an id of its own in that engine's table, so that
/// a proxy there passes it on like any other, over further links too. Frames on a link carry the owner's id.
/// </remarks>
public sealed class BudgetTable
{
    private const long KeepMs = 5000; // What is under way on a closed budget still finds its parent, or its owner, for so long (§2.4 rule 5).

    private readonly Dictionary<long, Budget> _budgets = [];
    private readonly HashSet<Budget> _credited = [];
    private readonly List<Budget> _telling = [];
    private readonly List<Budget> _ended = [];
    private long _next;
    private int _leases;

    internal BudgetTable(FrameEngine engine) => Engine = engine;

    /// <summary>Budgets of this engine that can be named by frames now, closed children that are kept for a while included; not those it borrows from.</summary>
    public int Count => _budgets.Count - _leases;

    /// <summary>Credit that other engines' budgets have lent to us, in bytes; 0 when nobody here uses any.</summary>
    internal long HeldBytes => _budgets.Values.Sum(budget => budget.Lease is null ? 0 : budget.CreditBytes);

    /// <summary>The owner.</summary>
    internal FrameEngine Engine { get; }

    /// <summary>Makes an empty budget.</summary>
    /// <param name="parent">Spent from as well; null for none.</param>
    public Budget Acquire(Budget? parent = null) => Add(parent, lease: null);

    /// <summary>The budget of an id; null when nobody here has it.</summary>
    public Budget? Find(long budgetId) => _budgets.GetValueOrDefault(budgetId);

    /// <summary>Makes a budget here of one that another engine owns.</summary>
    internal Budget Borrow(LinkEnd owner, long ownerId)
    {
        var lease = new BudgetLease(owner, ownerId, this);
        lease.Budget = Add(parent: null, lease);
        _leases++;
        return lease.Budget;
    }

    /// <summary>The leak rule: what a dropped frame had reserved goes back.</summary>
    internal void GiveBack(long budgetId, long reservedBytes)
    {
        if (budgetId != 0 && _budgets.TryGetValue(budgetId, out Budget? budget))
        {
            budget.Return(reservedBytes);
        }
    }

    internal void MustNotify(Budget root) => _credited.Add(root);

    internal void Closed(Budget budget)
    {
        bool isKept = budget.Parent is not null || budget.Lease is not null;
        if (!isKept)
        {
            _budgets.Remove(budget.Id);
        }

        if (budget.Loans.Count > 0)
        {
            _ended.Add(budget); // Told at the end of the turn: whoever closes a budget may be about to commit a DATA.
        }

        if (isKept || budget.Loans.Count > 0)
        {
            Engine.Schedule(KeepMs, static state => ((Budget)state!).Forget(), budget);
        }
    }

    internal void Forget(Budget budget)
    {
        if (_budgets.Remove(budget.Id) && budget.Lease is not null)
        {
            _leases--;
        }
    }

    /// <summary>Tells waiters of budgets that were credited. Once a turn.</summary>
    internal int Notify()
    {
        if (_credited.Count == 0)
        {
            return 0;
        }

        foreach (Budget budget in _ended)
        {
            foreach (BudgetLoan loan in budget.Loans)
            {
                loan.Link.SendBudgetEnd(budget.Id);
            }
        }

        _ended.Clear();
        _telling.AddRange(_credited);
        _credited.Clear(); // What is credited while telling is told in the next turn.
        int told = 0;
        foreach (Budget budget in _telling)
        {
            told += budget.Notify(Engine);
        }

        _telling.Clear();
        return told;
    }

    private Budget Add(Budget? parent, BudgetLease? lease)
    {
        var budget = new Budget(this, ((long)Engine.Index << 56) | ++_next, parent, lease);
        _budgets.Add(budget.Id, budget);
        return budget;
    }
}
