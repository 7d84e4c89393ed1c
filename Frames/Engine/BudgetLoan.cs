namespace Sluice.Frames;

/// <summary>What a budget of this engine has lent to the other side of a link: it stands in the budget's line like everybody else.</summary>
/// <remarks>Engine thread only. The other side's part is <see cref="BudgetLease"/>.</remarks>
/// <param name="link">Leads to the borrower.</param>
/// <param name="budget">Ours; it may be a lease itself.</param>
internal sealed class BudgetLoan(LinkEnd link, Budget budget) : ICreditWaiter
{
    private int _needed;
    private int _wanted;
    private bool _isInLine;

    public LinkEnd Link => link;

    public long BudgetId => budget.Id;

    /// <summary>Granted, and neither arrived as content nor given back, in bytes: held over there, or under way in either direction.</summary>
    public long LentBytes { get; private set; }

    public long NeededBytes(Budget budget) => link.IsLive ? _needed : 0;

    public long WantedBytes(Budget budget) => _wanted;

    /// <summary>The borrower says what it wants now, instead of what it wanted before.</summary>
    /// <param name="needed">Less is of no use to it, in bytes; from 1 when it wants something.</param>
    /// <param name="wanted">The most it can use, in bytes; 0 for nothing.</param>
    public void Ask(int needed, int wanted)
    {
        _needed = wanted == 0 ? 0 : Math.Max(1, needed);
        _wanted = wanted;
        if (wanted > 0 && !budget.IsOpen)
        {
            link.SendBudgetEnd(budget.Id);
        }
        else if (wanted > 0)
        {
            if (!_isInLine)
            {
                _isInLine = true;
                budget.Wait(this);
            }

            budget.MustNotify(); // What there is goes round in order, also to those who came before.
        }
    }

    public void OnCredited(Budget budget)
    {
        _isInLine = false;
        if (_needed == 0 || !link.IsLive)
        {
            return;
        }

        if (!budget.IsOpen)
        {
            link.SendBudgetEnd(budget.Id);
            return;
        }

        int granted = (int)budget.Claim(_needed, _wanted);
        _needed = _wanted = 0;
        LentBytes += granted;
        link.SendGrant(budget.Id, granted);
    }

    /// <summary>The borrower is gone, and what it was lent has been returned.</summary>
    public void Leave()
    {
        LentBytes = 0;
        budget.RemoveLoan(this);
    }

    /// <summary>Content that was paid with it arrived, or what was not used came back.</summary>
    /// <returns>False when it is more than was lent: the peer makes credit out of nothing.</returns>
    public bool TryTake(long bytes)
    {
        if (bytes < 0 || bytes > LentBytes)
        {
            return false;
        }

        LentBytes -= bytes;
        return true;
    }
}
