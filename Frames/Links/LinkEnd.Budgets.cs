using System.Buffers.Binary;
using System.Diagnostics;

namespace Sluice.Frames;

// Budgets across the link (config-core §2.4): what we lend of ours, what we borrow of the peer's, and the frames on stream 0 that move
// credit between the two. FLUSH: the owner lends. WINDOW: the borrower gives back, and says what it wants. END: the owner has closed.
public sealed partial class LinkEnd
{
    private const int LeasesMax = 65_536; // A budget stands for a connection of the peer's; no engine has more.
    private const int OwnerShift = 56;

    private readonly Dictionary<long, BudgetLoan> _loans = [];
    private readonly Dictionary<long, Budget> _leases = [];

    /// <summary>Credit of our budgets that is out on this link: held by the peer, or under way, in bytes.</summary>
    internal long LentBytes => _loans.Values.Sum(loan => loan.LentBytes);

    /// <summary>Lends, as the owner of the budget.</summary>
    internal void SendGrant(long budgetId, int bytes)
    {
        RecordWriter record = ClaimBudget(FrameType.Flush, FrameLayout.EndExtension, budgetId);
        record.Int32(FrameLayout.Reserved, bytes);
        Commit(record.Span);
    }

    /// <summary>Says, as the owner, that nothing more will come of the budget.</summary>
    internal void SendBudgetEnd(long budgetId) => Commit(ClaimBudget(FrameType.End, FrameLayout.EndExtension, budgetId).Span);

    /// <summary>Says, as the borrower, what is not used, and what is wanted from now on: in place of what was wanted before.</summary>
    internal void SendBudgetNeed(long budgetId, long back, int needed, int wanted)
    {
        RecordWriter record = ClaimBudget(FrameType.Window, FrameLayout.WindowBytes, budgetId);
        record.Int64(FrameLayout.Acknowledge, back);
        record.Int32(FrameLayout.Maximum, wanted);
        record.Int32(FrameLayout.WindowMinimum, needed);
        Commit(record.Span);
    }

    /// <summary>The budget has been closed for long: what comes of it now is nobody's.</summary>
    internal void ForgetLoan(BudgetLoan loan) => _loans.Remove(loan.BudgetId);

    /// <inheritdoc cref="ForgetLoan"/>
    internal void ForgetLease(BudgetLease lease) => _leases.Remove(lease.OwnerId);

    /// <summary>Puts our own id of a budget into the WINDOW that is being dispatched, in place of the peer's.</summary>
    internal void Borrow(in FrameHeader window)
    {
        long ownerId = window.Int64(FrameLayout.BudgetId);
        if (IsLocal || ownerId == 0)
        {
            return;
        }

        if (!_leases.TryGetValue(ownerId, out Budget? budget))
        {
            if (ownerId >> OwnerShift != Peer.Engine || _leases.Count == LeasesMax)
            {
                Rename(0); // It may be the name of a budget of ours.
                Violate();
                return;
            }

            budget = Engine.Budgets.Borrow(this, ownerId);
            _leases.Add(ownerId, budget);
        }

        Rename(budget.Id);
    }

    // Before the peer can claim from a budget it must have heard of it from us.
    private void Lend(long budgetId)
    {
        if (budgetId != 0 && !IsLocal && !_isLost && !_loans.ContainsKey(budgetId) && Engine.Budgets.Find(budgetId) is { } budget)
        {
            var loan = new BudgetLoan(this, budget);
            _loans.Add(budgetId, loan);
            budget.AddLoan(loan);
        }
    }

    // Content that was paid from a budget of ours has arrived, whatever becomes of it from here: what the peer can lose is less by that.
    // Returns false when it was paid with credit that nobody lent.
    private bool TryReceivePaid()
    {
        var header = new FrameHeader(_fields);
        long budgetId = header.Int64(FrameLayout.BudgetId);
        if (header.Type is not (FrameType.Data or FrameType.End or FrameType.Flush) || budgetId == 0 || header.StreamId == 0)
        {
            return true;
        }

        if (!_loans.TryGetValue(budgetId, out BudgetLoan? loan))
        {
            Rename(0); // Closed long ago.
            return true;
        }

        return loan.TryTake(header.Int32(FrameLayout.Reserved));
    }

    private void OnBudgetFrame(in FrameHeader header)
    {
        if (!FrameCheck.IsSoundOfBudget(header))
        {
            Violate();
            return;
        }

        long budgetId = header.Int64(FrameLayout.BudgetId);
        switch (header.Type)
        {
            case FrameType.Window:
                OnBudgetNeed(budgetId, header.Acknowledge, header.Int32(FrameLayout.WindowMinimum), header.Maximum);
                break;
            case FrameType.Flush when _leases.TryGetValue(budgetId, out Budget? budget):
                budget.Lease!.OnGranted(header.Int32(FrameLayout.Reserved));
                break;
            case FrameType.End when _leases.TryGetValue(budgetId, out Budget? budget):
                budget.Close();
                break;
        }
    }

    private void OnBudgetNeed(long budgetId, long back, int needed, int wanted)
    {
        if (_loans.TryGetValue(budgetId, out BudgetLoan? loan))
        {
            if (!loan.TryTake(back))
            {
                Violate();
                return;
            }

            Engine.Budgets.GiveBack(budgetId, back);
            loan.Ask(needed, wanted);
        }
        else if (wanted > 0)
        {
            SendBudgetEnd(budgetId); // Closed long ago, while a WINDOW that names it was under way.
        }
    }

    // The peer is gone: what it held and what was under way is ours again, and of its budgets nothing will come.
    private void LoseBudgets()
    {
        foreach (BudgetLoan loan in _loans.Values)
        {
            Engine.Budgets.GiveBack(loan.BudgetId, loan.LentBytes);
            loan.Leave();
        }

        _loans.Clear();
        foreach (Budget budget in _leases.Values)
        {
            budget.Close();
        }
    }

    // The fields of a frame that is dispatched are our copy of them.
    private void Rename(long budgetId)
    {
        Debug.Assert(!IsLocal, "an engine's own budgets have one name only");
        BinaryPrimitives.WriteInt64LittleEndian(_fields.AsSpan(FrameLayout.BudgetId), budgetId);
    }

    private RecordWriter ClaimBudget(FrameType type, int bytes, long budgetId)
    {
        RecordWriter record = ClaimOfLink(type, number: 0, bytes);
        record.Span[FrameLayout.Header..].Clear();
        record.Int64(FrameLayout.BudgetId, budgetId);
        return record;
    }
}
