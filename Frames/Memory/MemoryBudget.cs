using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sluice.Frames.Memory;

/// <summary>What a process may hold for its streams, and whether it may take more (promise P3).</summary>
/// <remarks>
/// <code>
///   0 %            80 %   90 %   100 %
///   |---- Free -----|......|      |          Free  ends at 90 %, comes back below 80 %
///                   |--- Tight ---|          Tight ends at 100 %, comes back below 90 %
///                          |....  |-- Full
/// </code>
/// It counts what may be needed, not what happens to be used: a window counts in full when it is granted, so whoever was let in can be
/// served. Existing streams are never cut; they use less as they end. Engines lease large pieces (<see cref="EngineMemory"/>), so the
/// shared number is touched rarely. Any thread.
/// </remarks>
public sealed class MemoryBudget
{
    /// <summary>The variable that states the budget of a process, in megabytes.</summary>
    public const string Variable = "SLUICE_MEMORY_BUDGET_MB";

    /// <summary>
    /// Share of the memory that the process may use (its container's limit, else the machine's) when nobody states a budget. The other
    /// half is for the runtime, code, garbage, mapped segments and, on one machine, the other services.
    /// </summary>
    public const int DefaultSharePercent = 50;

    /// <summary>Smallest budget, in bytes: rings of an engine and of a few links, and room for a hundred requests.</summary>
    public const long BytesMin = 16L << 20;

    private const long BytesMax = 1L << 44;
    private const int ChunksPerEngine = 64; // What engines lease and do not use is at most a thirtieth of the budget.
    private const long ChunkBytesMax = 1 << 20;
    private const long ChunkBytesMin = 4096;

    private readonly Action<MemoryBudget, MemoryState>? _changed;
    private readonly List<EngineMemory> _engines = [];
    private long _used;
    private int _state;
    private int _told;

    /// <summary>Makes a budget.</summary>
    /// <param name="bytes">From 1; services take no less than <see cref="BytesMin"/>.</param>
    /// <param name="engineCount">Engines that will share it.</param>
    /// <param name="changed">Hears when a state is the worst since it was last free, and when it is free again; on the thread that caused it.</param>
    public MemoryBudget(long bytes, int engineCount = 1, Action<MemoryBudget, MemoryState>? changed = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Bytes = Math.Min(bytes, BytesMax);
        ChunkBytes = Math.Clamp(Bytes / (ChunksPerEngine * Math.Max(1, engineCount)), ChunkBytesMin, ChunkBytesMax);
        _changed = changed;
    }

    /// <summary>The budget, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>What is used, what engines lease ahead included, in bytes. Streams that live may take it beyond <see cref="Bytes"/>.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Whether more may be let in.</summary>
    public MemoryState State => (MemoryState)Volatile.Read(ref _state);

    /// <summary>What an engine leases at a time, in bytes.</summary>
    internal long ChunkBytes { get; }

    /// <summary>Reads the setting; nothing means half of the memory that this process may use.</summary>
    /// <param name="megabytes">What the variable says.</param>
    /// <param name="engineCount">Engines of the process: their rings take at most half of a stated budget, a quarter of the default.</param>
    /// <param name="bytes">The budget.</param>
    /// <param name="problem">What is wrong with the setting, in words.</param>
    public static bool TryParse(string? megabytes, int engineCount, out long bytes, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        long rings = (long)engineCount * FrameEngine.LocalRingBytes;
        if (string.IsNullOrWhiteSpace(megabytes))
        {
            long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            bytes = Math.Clamp(available / 100 * DefaultSharePercent, Math.Max(BytesMin, 4 * rings), BytesMax);
            return true;
        }

        long min = Math.Max(BytesMin, 2 * rings) >> 20;
        bool isSound = long.TryParse(megabytes, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= min && number <= BytesMax >> 20;
        bytes = number << 20;
        problem = isSound ? null : $"{Variable} is '{megabytes}'; with {engineCount} engines it must be a whole number of megabytes from {min} to {BytesMax >> 20}";
        return isSound;
    }

    /// <summary>The same, for those who cannot go on without.</summary>
    /// <exception cref="ArgumentException">It is no whole number of megabytes in range.</exception>
    public static long Parse(string? megabytes, int engineCount) =>
        TryParse(megabytes, engineCount, out long bytes, out string? problem) ? bytes : throw new ArgumentException(problem);

    /// <summary>What a user holds on all engines, in bytes, a moment late.</summary>
    public long UsedBy(MemoryUser user)
    {
        lock (_engines)
        {
            return _engines.Sum(engine => engine.UsedBy(user));
        }
    }

    /// <summary>The users that hold something, largest first: <c>credit 12.5 MB, rings 8.0 MB</c>.</summary>
    public string Describe() => string.Join(", ", Enum.GetValues<MemoryUser>()
        .Select(user => (Name: user.ToString().ToLowerInvariant(), Bytes: UsedBy(user)))
        .Where(use => use.Bytes > 0)
        .OrderByDescending(use => use.Bytes)
        .Select(use => string.Create(CultureInfo.InvariantCulture, $"{use.Name} {use.Bytes / 1048576.0:0.0} MB")));

    /// <summary>What a new state means, in a sentence for the log.</summary>
    public string Explain(MemoryState state) => state switch
    {
        MemoryState.Free => $"memory: less than 80 % of the budget of {Bytes >> 20} MB is used again; new work is let in",
        MemoryState.Tight => $"memory: 90 % of the budget of {Bytes >> 20} MB was reached ({Describe()}); new work is refused until it is below 80 %. "
            + $"Raise {Variable}, or run more replicas",
        _ => $"memory: the budget of {Bytes >> 20} MB is used up ({Describe()}); nothing new is let in, no connection either, until it is below 90 %. "
            + $"Raise {Variable}, or run more replicas",
    };

    internal void Join(EngineMemory engine)
    {
        lock (_engines)
        {
            _engines.Add(engine);
        }
    }

    /// <summary>Takes or, below zero, gives back.</summary>
    internal void Lease(long bytes)
    {
        Interlocked.Add(ref _used, bytes);

        // Looked at again after each change: of two threads the later one corrects what the other saw too early.
        while (true)
        {
            int state = Volatile.Read(ref _state);
            MemoryState next = Next((MemoryState)state, UsedBytes);
            if ((int)next == state)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _state, (int)next, state) == state)
            {
                Tell(next);
            }
        }
    }

    // Under pressure the state goes to and fro between tight and full: an episode is told when it begins, when it gets worse, and when it is over.
    private void Tell(MemoryState state)
    {
        if (state == MemoryState.Free || (int)state > Volatile.Read(ref _told))
        {
            Volatile.Write(ref _told, (int)state);
            _changed?.Invoke(this, state);
        }
    }

    private MemoryState Next(MemoryState state, long used) => (used * 100 / Bytes) switch
    {
        >= 100 => MemoryState.Full,
        >= 90 => state == MemoryState.Full ? MemoryState.Full : MemoryState.Tight,
        >= 80 => state == MemoryState.Free ? MemoryState.Free : MemoryState.Tight,
        _ => MemoryState.Free,
    };
}
