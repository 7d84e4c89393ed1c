namespace Sluice.Frames;

// Shared credit (config-core §2.4). A port that was given a budget claims from it with each DATA it commits. A proxying port passes the
// budget on to its own sender, which claims first; what arrives so is prepaid, and pays for what the proxy sends on within the same call.
public sealed partial class StreamPort : ICreditWaiter
{
    private bool _isWaitingForBudget;
    private StreamPort? _inSharedWith;

    /// <summary>Shared budget that our direction claims from besides its window; 0 for none.</summary>
    public long BudgetId => OutBudgetId;

    /// <summary>The same by the name that its owner, at the other end of the link, gave it.</summary>
    internal long OwnerBudgetId => _rare is { OutBudgetId: not 0 } rare ? rare.OutBudget?.Lease?.OwnerId ?? 0 : 0;

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

    long ICreditWaiter.NeededBytes(Budget budget) =>
        IsOutOpen && OutBudget == budget ? Math.Min(Rare.OutWanted, PaddingBytes + (long)Math.Max(1, MinimumBytes)) : 0;

    // Whoever asked for a full slot has more to send than that.
    long ICreditWaiter.WantedBytes(Budget budget) => Rare.OutWanted < FrameLayout.PayloadBytesMax ? Rare.OutWanted : WindowLeftBytes;

    void ICreditWaiter.OnCredited(Budget budget)
    {
        if (OutBudget == budget)
        {
            _isWaitingForBudget = false;
            if (IsOutOpen)
            {
                Engine.Running = _handler;
                _link.Guard(this, _handler, static (port, handler) => handler.OnWindow(new WindowFrame(port._link.SyntheticWindow(port, port.OutBudgetId))));
            }
        }
    }

    private void UseBudget(long budgetId)
    {
        if (budgetId != OutBudgetId)
        {
            Rare.OutBudgetId = budgetId;
            Rare.OutBudget = budgetId == 0 ? null : Engine.Budgets.Find(budgetId);
            _isWaitingForBudget = false; // In the other budget's line it waits no longer.
        }
    }

    // A stream that is over does not stay in line until there is credit: it may never come.
    private void LeaveLine()
    {
        if (_isWaitingForBudget)
        {
            OutBudget?.MustNotify();
        }
    }

    // Asking for more than there is puts the port in line: OnWindow is called when the budget has been credited.
    private long ClaimableBytes(long wanted)
    {
        long claimable = Rare.OutPrepaid + (OutBudget?.AvailableBytes ?? 0);
        if (claimable < wanted && WindowLeftBytes > PaddingBytes && OutBudget is { IsOpen: true } budget)
        {
            // Who comes back for more as soon as it was served wants twice as much each time: fewer questions, where the owner is behind a link.
            Rare.OutWanted = (int)Math.Min(WindowLeftBytes, budget.IsTelling ? Math.Max(wanted, 2L * Rare.OutWanted) : wanted);
            if (_isWaitingForBudget)
            {
                budget.AskAgain(this);
            }
            else
            {
                _isWaitingForBudget = true;
                budget.Wait(this);
            }
        }

        return claimable;
    }

    private void OnBudgetedData(in DataFrame frame)
    {
        if (_inSharedWith is not { } downstream)
        {
            _handler.OnData(frame);
            return;
        }

        if (downstream.OutBudgetId != frame.BudgetId)
        {
            // Paid before the other side moved to another budget: that one pays for it once more, so this one has its share back.
            long budgetId = frame.BudgetId;
            int reserved = frame.Reserved;
            _handler.OnData(frame);
            Engine.Budgets.GiveBack(budgetId, reserved);
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
