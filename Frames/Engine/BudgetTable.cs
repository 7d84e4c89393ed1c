namespace Sluice.Frames;

/// <summary>The budgets of one engine (config-core §2.4). Engine thread only.</summary>
/// <remarks>
/// Budgets do not cross links: a WINDOW to another engine or process carries none, and the stream's own window is the bound there.
/// </remarks>
public sealed class BudgetTable
{
    private readonly FrameEngine _engine;
    private readonly Dictionary<long, Budget> _budgets = [];
    private readonly HashSet<Budget> _credited = [];
    private readonly List<Budget> _telling = [];
    private long _next;

    internal BudgetTable(FrameEngine engine) => _engine = engine;

    /// <summary>Budgets that can be named by frames now, closed children that are kept for a while included.</summary>
    public int Count => _budgets.Count;

    /// <summary>Makes an empty budget.</summary>
    /// <param name="parent">Spent from as well; null for none.</param>
    public Budget Acquire(Budget? parent = null)
    {
        var budget = new Budget(this, ((long)_engine.Index << 56) | ++_next, parent);
        _budgets.Add(budget.Id, budget);
        return budget;
    }

    /// <summary>The budget of an id; null when nobody here has it.</summary>
    public Budget? Find(long budgetId) => _budgets.GetValueOrDefault(budgetId);

    /// <summary>The leak rule: what a dropped frame had reserved goes back.</summary>
    internal void GiveBack(long budgetId, int reservedBytes)
    {
        if (budgetId != 0 && _budgets.TryGetValue(budgetId, out Budget? budget))
        {
            budget.Return(reservedBytes);
        }
    }

    internal void MustNotify(Budget root) => _credited.Add(root);

    internal void Closed(Budget budget, long keepMs)
    {
        _credited.Add(Root(budget)); // Whoever waits learns that nothing will come.
        if (keepMs == 0)
        {
            _budgets.Remove(budget.Id);
        }
        else
        {
            _engine.Schedule(keepMs, state => _budgets.Remove(((Budget)state!).Id), budget);
        }
    }

    /// <summary>Tells waiters of budgets that were credited. Once a turn.</summary>
    internal int Notify()
    {
        if (_credited.Count == 0)
        {
            return 0;
        }

        _telling.AddRange(_credited);
        _credited.Clear(); // What is credited while telling is told in the next turn.
        int told = 0;
        foreach (Budget budget in _telling)
        {
            told += budget.Notify(_engine);
        }

        _telling.Clear();
        return told;
    }

    private static Budget Root(Budget budget)
    {
        while (budget.Parent is { } parent)
        {
            budget = parent;
        }

        return budget;
    }
}
