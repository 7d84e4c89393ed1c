using System.Diagnostics.CodeAnalysis;

namespace Sluice.Frames;

/// <summary>Makes a budget of this engine out of credit that another engine's budget lends over a link (config-core §2.4).</summary>
/// <remarks>
/// Engine thread only. The lease holds credit only while somebody here uses it, so that streams which rest keep nothing from others:
/// who finds too little joins the line as with any budget; once a turn the owner is asked for what the line needs; what it grants goes
/// round; what nobody took goes back. For a waiter that was told and has not said what it makes of it (its method goes on in a later turn, or
/// it had no use for it) it stays one turn longer, or 2 ms when one turn was in vain the last time. What all in line declined is not asked
/// for again until there is more.
/// <code>
///   waiters here   lease                               loan in the owner's line
///   ── join ──▶  WINDOW 0: needs 1, wants 65536  ──▶   claims when there is credit
///   ◀─ told ──   ◀──                        FLUSH 0: 40000
///   ── DATA ──────────────────────────────────────▶   arrives: no longer lent
///                WINDOW 0: 8000 back, wants 0    ──▶   returned to the budget
/// </code>
/// </remarks>
/// <param name="owner">The link to the engine that owns the budget.</param>
/// <param name="ownerId">The budget's id over there.</param>
/// <param name="table">Ours.</param>
internal sealed class BudgetLease(LinkEnd owner, long ownerId, BudgetTable table)
{
    private const int WantedBytesMax = 1024 * 1024; // One lease does not drain a large budget in one go.
    private const int KeepMs = 2;                   // Streams elsewhere wait meanwhile.

    private bool _isRequested;
    private long _requested;  // the least that was asked for
    private long _floor;      // all in line declined one byte less
    private long _kept;       // from the turn in which somebody was told
    private long _keepUntilNs;
    private bool _isSlow;

    /// <summary>The budget's id as frames on the link carry it.</summary>
    public long OwnerId => ownerId;

    public LinkEnd Owner => owner;

    /// <summary>What streams here know it by; set once.</summary>
    [AllowNull]
    public Budget Budget { get; set; }

    /// <summary>Somebody found too little, and waits.</summary>
    /// <param name="neededBytes">The least that is of use to it.</param>
    /// <param name="isTelling">It was just told what there is: that is what it declined.</param>
    public void OnAsked(long neededBytes, bool isTelling)
    {
        _floor = isTelling ? _floor : 0;
        if (!_isRequested || neededBytes < _requested)
        {
            table.MustNotify(Budget);
        }
    }

    /// <summary>The budget or a child of it got more: what was declined may do now.</summary>
    public void OnCredited() => _floor = 0;

    /// <summary>The owner lends.</summary>
    public void OnGranted(int bytes)
    {
        _isRequested = false;
        _floor = 0;
        Budget.Return(bytes);
    }

    /// <summary>After everybody was told: says to the owner what is not used and what is wanted, when either changed.</summary>
    /// <param name="hasSpent">Somebody who was told has spent.</param>
    /// <param name="isSomebodyAtIt">Somebody who was told has neither spent nor asked again.</param>
    public void Settle(bool hasSpent, bool isSomebodyAtIt)
    {
        _isSlow &= !hasSpent;
        if (isSomebodyAtIt && Budget.AvailableBytes > 0)
        {
            Keep();
        }

        long back = Budget.AvailableBytes > 0 && (isSomebodyAtIt || owner.Engine.NowNs < _keepUntilNs) ? 0 : Budget.TakeAll();
        if (back > 0)
        {
            _floor = back + 1;
            _isSlow |= back == _kept;
            _kept = 0;
        }

        (long needed, long wanted) = Budget.IsOpen ? Budget.LineWants() : default;
        if (wanted > 0)
        {
            needed = Math.Min(int.MaxValue, Math.Max(needed, _floor));
            wanted = Math.Max(needed, Math.Min(wanted, WantedBytesMax));
        }

        bool mustAsk = wanted > 0 && (!_isRequested || needed < _requested);
        if ((back > 0 || mustAsk) && owner.IsLive)
        {
            _isRequested = wanted > 0;
            _requested = needed;
            owner.SendBudgetNeed(ownerId, back, (int)needed, (int)wanted);
        }
    }

    private void Keep()
    {
        _kept = Budget.AvailableBytes;
        if (_isSlow)
        {
            _keepUntilNs = owner.Engine.NowNs + (KeepMs * 1_000_000L);
            owner.Engine.Schedule(KeepMs, static state => ((Budget)state!).MustNotify(), Budget);
        }
        else
        {
            Budget.MustNotify(); // In the next turn.
        }
    }
}
