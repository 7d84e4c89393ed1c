namespace Sluice.Frames;

// Shared credit (config-core §2.4). A port that was given a budget claims from it with each DATA it commits. A proxying port passes the
// budget on to its own sender, which claims first; what arrives so is prepaid, and pays for what the proxy sends on within the same call.
public sealed partial class StreamPort
{
    private bool _isWaitingForBudget;
    private StreamPort? _inSharedWith;

    /// <summary>Shared budget that our direction claims from besides its window; 0 for none.</summary>
    public long BudgetId => OutBudgetId;

    /// <summary>Takes the credit of a committed DATA from the budget.</summary>
    internal void SpendBudget(int reservedBytes)
    {
        if (_rare is { OutBudgetId: not 0 } rare)
        {
            long prepaid = Math.Min(rare.OutPrepaid, reservedBytes);
            rare.OutPrepaid -= prepaid;
            rare.OutBudget?.Spend(reservedBytes - prepaid);
        }
    }

    private void UseBudget(long budgetId)
    {
        if (budgetId != OutBudgetId)
        {
            Rare.OutBudgetId = budgetId;
            Rare.OutBudget = budgetId == 0 ? null : Engine.Budgets.Find(budgetId);
        }
    }

    // Asking for more than there is puts the port in line: OnWindow is called when the budget has been credited.
    private long ClaimableBytes(long wanted)
    {
        long claimable = Rare.OutPrepaid + (OutBudget?.AvailableBytes ?? 0);
        if (claimable < wanted && !_isWaitingForBudget && OutBudget is { IsOpen: true } budget)
        {
            _isWaitingForBudget = true;
            budget.NotifyWhenCredited(PaddingBytes + Math.Max(1, MinimumBytes), static state => ((StreamPort)state!).OnCredited(), this);
        }

        return claimable;
    }

    private void OnCredited()
    {
        _isWaitingForBudget = false;
        if (IsOutOpen)
        {
            _link.Guard(this, _handler, static (port, handler) => handler.OnWindow(new WindowFrame(port._link.SyntheticWindow(port, port.OutBudgetId))));
        }
    }

    private void OnBudgetedData(in DataFrame frame)
    {
        StreamPort? downstream = _inSharedWith is { } shared && shared.OutBudgetId == frame.BudgetId ? shared : null;
        if (downstream is null)
        {
            _handler.OnData(frame);
            return;
        }

        downstream.Rare.OutPrepaid += frame.Reserved;
        try
        {
            _handler.OnData(frame);
        }
        finally
        {
            long left = downstream.Rare.OutPrepaid; // Not sent on: our own padding, or content that goes no further.
            downstream.Rare.OutPrepaid = 0;
            if (left > 0)
            {
                downstream.OutBudget?.Return(left);
            }
        }
    }
}
