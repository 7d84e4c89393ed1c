using System.Diagnostics;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Memory;

/// <summary>One engine's part in the memory budget of its process: plain adds, and a lease from the process every so often. Engine thread.</summary>
/// <remarks>What each user holds is counted in the engine's counters, where <c>sluice metrics</c> shows it.</remarks>
public sealed class EngineMemory
{
    private static readonly int _users = Enum.GetValues<MemoryUser>().Length;

    private readonly EngineCounters _counters;
    private long _free; // leased and not used

    internal EngineMemory(MemoryBudget budget, EngineCounters counters)
    {
        Budget = budget;
        _counters = counters;
        budget.Join(this);
    }

    /// <summary>The budget of the process.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Asks whether new work may begin here: a request, a subscription, a session. A refusal is counted.</summary>
    /// <remarks>Who gets no is refused with <see cref="CloseReason.Overloaded"/>, or what stands for it in the client's protocol.</remarks>
    public bool TryAdmitWork() => TryAdmit(MemoryState.Free);

    /// <summary>Asks whether something may be let in that helps what is under way, or carries a refusal: a stream to a cache, a connection.</summary>
    public bool TryAdmitHelp() => TryAdmit(MemoryState.Tight);

    /// <summary>What a user holds, in bytes. Any thread, a moment late.</summary>
    public long UsedBy(MemoryUser user) => Used(user);

    /// <summary>Counts memory that is held from now on. Never refused: ask first, where that is possible.</summary>
    /// <param name="user">Who holds it.</param>
    /// <param name="bytes">From 0.</param>
    public void Take(MemoryUser user, long bytes)
    {
        Used(user) += bytes;
        _free -= bytes;
        if (_free < 0)
        {
            long lease = -_free + Budget.ChunkBytes;
            _free += lease;
            Budget.Lease(lease);
        }
    }

    /// <summary>Counts memory that is held no more.</summary>
    /// <param name="user">Who held it.</param>
    /// <param name="bytes">From 0, at most what it took.</param>
    public void Give(MemoryUser user, long bytes)
    {
        Debug.Assert(Used(user) >= bytes, "nobody gives back more than it took");
        Used(user) -= bytes;
        _free += bytes;
        if (_free > 2 * Budget.ChunkBytes)
        {
            long surplus = _free - Budget.ChunkBytes;
            _free -= surplus;
            Budget.Lease(-surplus);
        }
    }

    /// <summary>What users still hold, a line each; the engine's own rings are none. Empty when nothing is open.</summary>
    internal IEnumerable<string> Leaks()
    {
        for (int user = (int)MemoryUser.Streams; user < _users; user++)
        {
            if (UsedBy((MemoryUser)user) is not 0 and long bytes)
            {
                yield return $"{bytes} bytes of {((MemoryUser)user).ToString().ToLowerInvariant()}";
            }
        }
    }

    /// <summary>The engine stops: what it leased ahead goes back.</summary>
    internal void Close()
    {
        Budget.Lease(-_free);
        _free = 0;
    }

    private bool TryAdmit(MemoryState worst)
    {
        if (Budget.State <= worst)
        {
            return true;
        }

        _counters.StreamsOverloaded++;
        return false;
    }

    private ref long Used(MemoryUser user) => ref _counters[EngineCounter.MemoryRings + (int)user];
}
