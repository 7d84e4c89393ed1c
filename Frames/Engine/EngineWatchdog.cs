using System.Diagnostics.CodeAnalysis;

namespace Sluice.Frames;

/// <summary>Notices an engine that is in one turn for too long, and says what it runs. One thread a process.</summary>
/// <remarks>
/// It looks twenty times a second while any engine turns, and sleeps without limit while all are parked: the first that leaves its park wakes
/// it. To an engine it costs a store a turn, a store for each handler called, and a fence when it leaves its park. When the
/// watchdog itself comes late, the whole process was held up (by a debugger, a snapshot of the machine) and no handler is blamed.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as the process.")]
internal sealed class EngineWatchdog
{
    private const int LookMs = 50; // A quarter of the usual limit: noticed soon enough, at a cost that nobody can measure.
    private const int LateMs = 100;

    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEvent _never = new(false);
    private EngineThread[] _threads = [];
    private int _isAsleep;
    private int _isStarted;

    /// <summary>The process's own.</summary>
    public static EngineWatchdog Shared { get; } = new();

    /// <summary>True while it waits for an engine to leave its park.</summary>
    public bool IsAsleep => Volatile.Read(ref _isAsleep) != 0;

    /// <summary>Watches an engine's thread from now on. Any thread.</summary>
    public void Add(EngineThread thread)
    {
        Change(threads => [.. threads, thread]);
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            new Thread(Run) { IsBackground = true, Name = "engine watchdog" }.Start();
        }

        _wake.Set();
    }

    /// <summary>Watches it no longer. Any thread.</summary>
    public void Remove(EngineThread thread) => Change(threads => Array.FindAll(threads, other => other != thread));

    /// <summary>An engine leaves its park; its turn is marked already. Engine thread.</summary>
    public void OnUnpark()
    {
        Interlocked.MemoryBarrier(); // Pairs with Sleep: either it sees the turn, or we see that it sleeps.
        if (Volatile.Read(ref _isAsleep) != 0 && Interlocked.Exchange(ref _isAsleep, 0) != 0)
        {
            _wake.Set();
        }
    }

    private void Change(Func<EngineThread[], EngineThread[]> change)
    {
        EngineThread[] threads = Volatile.Read(ref _threads);
        while (true)
        {
            EngineThread[] found = Interlocked.CompareExchange(ref _threads, change(threads), threads);
            if (found == threads)
            {
                return;
            }

            threads = found;
        }
    }

    private void Run()
    {
        long lastNs = EngineClock.NowNs;
        while (true)
        {
            _never.WaitOne(LookMs); // Also after a sleep: engines that come and go from their parks wake it no oftener than this.
            long nowNs = EngineClock.NowNs;
            bool isLate = nowNs - lastNs > (LookMs + LateMs) * 1_000_000L;
            bool isAnyTurning = false;
            foreach (EngineThread thread in Volatile.Read(ref _threads))
            {
                isAnyTurning |= thread.Stall.Look(nowNs, isLate);
                if (thread.IsOver)
                {
                    Remove(thread);
                }
            }

            if (!isAnyTurning)
            {
                Sleep();
            }

            lastNs = EngineClock.NowNs;
        }
    }

    private void Sleep()
    {
        Volatile.Write(ref _isAsleep, 1);
        Interlocked.MemoryBarrier();
        if (!Array.Exists(Volatile.Read(ref _threads), thread => thread.TurnStartNs != 0))
        {
            _wake.WaitOne();
        }

        Volatile.Write(ref _isAsleep, 0);
    }
}
