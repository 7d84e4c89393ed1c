namespace Sluice.Frames;

// Shared credit (config-core §2.4). A port that was given a budget claims from it with each DATA it commits. A proxying port passes the
// budget on to its own sender, which claims first; what arrives so is prepaid, and pays for what the proxy sends on within the same call.
public sealed partial class StreamPort
{
    private long _outBudgetId;
    private Budget? _outBudget;
    private long _outPrepaid;
    private bool _isWaitingForBudget;

    private long _inBudgetId;
    private StreamPort? _inSharedWith;

    /// <summary>Shared budget that our direction claims from besides its window; 0 for none.</summary>
    public long BudgetId => _outBudgetId;

    /// <summary>Takes the credit of a committed DATA from the budget.</summary>
    internal void SpendBudget(int reservedBytes)
    {
        if (_outBudgetId != 0)
        {
            long prepaid = Math.Min(_outPrepaid, reservedBytes);
            _outPrepaid -= prepaid;
            _outBudget?.Spend(reservedBytes - prepaid);
        }
    }

    private void UseBudget(long budgetId)
    {
        if (budgetId != _outBudgetId)
        {
            _outBudgetId = budgetId;
            _outBudget = budgetId == 0 ? null : Engine.Budgets.Find(budgetId);
        }
    }

    // Asking for more than there is puts the port in line: OnWindow is called when the budget has been credited.
    private long ClaimableBytes(long wanted)
    {
        long claimable = _outPrepaid + (_outBudget?.AvailableBytes ?? 0);
        if (claimable < wanted && !_isWaitingForBudget && _outBudget is { IsOpen: true } budget)
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
            _link.Guard(this, _handler, static (port, handler) => handler.OnWindow(new WindowFrame(port._link.SyntheticWindow(port, port._outBudgetId))));
        }
    }

    private void OnBudgetedData(in DataFrame frame)
    {
        StreamPort? downstream = _inSharedWith is { } shared && shared._outBudgetId == frame.BudgetId ? shared : null;
        if (downstream is null)
        {
            _handler.OnData(frame);
            return;
        }

        downstream._outPrepaid += frame.Reserved;
        try
        {
            _handler.OnData(frame);
        }
        finally
        {
            long left = downstream._outPrepaid; // Not sent on: our own padding, or content that goes no further.
            downstream._outPrepaid = 0;
            if (left > 0)
            {
                downstream._outBudget?.Return(left);
            }
        }
    }
}
