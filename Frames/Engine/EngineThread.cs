using Sluice.Frames.Memory;
using Sluice.Frames.Tracing;

namespace Sluice.Frames;

/// <summary>Turns an engine on a thread of its own: works while there is work, looks on for a moment, longer while that pays, then parks at no cost.</summary>
/// <remarks>The clock is read once a turn: the end of a turn is the beginning of the next.</remarks>
public sealed class EngineThread : IDisposable
{
    /// <summary>How long an engine looks for work before it parks, while looking pays: 50 µs, about what waking it would take.</summary>
    public const int SpinUsUsual = 50;

    private const int ParkMsMax = 10_000; // An upper bound for a wake-up that went wrong; a parked engine costs one turn in ten seconds.

    // Work often comes in bursts, so a look costs less than a sleep and a bell. The first looks spin, for a peer on another core that answers
    // within a microsecond. The others offer the core to whoever is ready to run: where cores are fewer than engines, what is waited for can
    // only come from a thread that waits for this core.
    private const int LooksSpinning = 8;
    private const int LooksBeforePark = 24;

    private readonly Thread _thread;
    private readonly int _cpu;
    private readonly long _stallNs;
    private readonly SpinPolicy _policy;
    private readonly bool _parksAtOnce;
    private volatile bool _isStopping;
    private volatile bool _isOver;
    private long _turnStartNs;
    private long _longTurnStartNs;
    private long _longTurnNs;

    /// <summary>Starts turning.</summary>
    /// <param name="engine">Owned from here on: disposed when the thread stops.</param>
    /// <param name="cpu">The only CPU it may run on; negative for any. Linux; elsewhere it has no effect.</param>
    /// <param name="stallMs">A turn that lasts longer is reported to the engine's observer; 0 for never.</param>
    /// <param name="spinUsMax">Longest look for work before parking, in microseconds; 0 parks at once.</param>
    public EngineThread(FrameEngine engine, int cpu = -1, int stallMs = EngineSettings.StallMsUsual, int spinUsMax = SpinUsUsual)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stallMs);
        _parksAtOnce = spinUsMax == 0;
        _policy = new SpinPolicy(Environment.ProcessorCount > 1 ? spinUsMax * 1000 : 0);
        Engine = engine;
        _cpu = cpu;
        _stallNs = stallMs > 0 ? stallMs * 1_000_000L : long.MaxValue;
        Stall = new StallWatch(this, stallMs);
        if (stallMs > 0)
        {
            EngineWatchdog.Shared.Add(this);
        }

        _thread = new Thread(Run) { IsBackground = true, Name = $"engine {engine.Room}.{engine.Index}" };
        _thread.Start();
    }

    /// <summary>The engine that is turned.</summary>
    public FrameEngine Engine { get; }

    /// <summary>True once it has turned for the last time.</summary>
    internal bool IsOver => _isOver;

    /// <summary>What the watchdog knows of it.</summary>
    internal StallWatch Stall { get; }

    /// <summary>When the present turn began; 0 while the engine is parked. Any thread.</summary>
    internal long TurnStartNs => Volatile.Read(ref _turnStartNs);

    /// <summary>When the last turn began that was longer than the limit. Any thread.</summary>
    internal long LongTurnStartNs => Volatile.Read(ref _longTurnStartNs);

    /// <summary>How long that one took; read after <see cref="LongTurnStartNs"/>.</summary>
    internal long LongTurnNs => Volatile.Read(ref _longTurnNs);

    private void Run()
    {
        if (_cpu >= 0)
        {
            CpuAffinity.TryPin(_cpu);
        }

        int idle = 0;
        long idleSinceNs = 0;
        long nowNs = EngineClock.NowNs;
        while (!_isStopping)
        {
            Volatile.Write(ref _turnStartNs, nowNs);
            if (Engine.Turn(nowNs) > 0)
            {
                if (idle > 0)
                {
                    _policy.OnFound();
                }

                idle = 0;
                nowNs = OnTurned(nowNs);
                continue;
            }

            idleSinceNs = idle == 0 ? nowNs : idleSinceNs;
            idle++;
            if (!_parksAtOnce && (idle <= LooksBeforePark || nowNs - idleSinceNs < _policy.SpinNs))
            {
                nowNs = StepAside(idle, nowNs);
            }
            else
            {
                idle = 0;
                long parkedNs = nowNs;
                Volatile.Write(ref _turnStartNs, 0);
                Engine.Park(ParkMsMax);
                nowNs = EngineClock.NowNs;
                Volatile.Write(ref _turnStartNs, nowNs);
                _policy.OnSlept(nowNs - parkedNs);
                EngineWatchdog.Shared.OnUnpark();
            }
        }

        Engine.Dispose(); // Still watched: handlers hear that their streams end.
        Volatile.Write(ref _turnStartNs, 0);
        _isOver = true;
        if (!Stall.IsOpen)
        {
            EngineWatchdog.Shared.Remove(this); // Else it first says how the stall ended.
        }
    }

    // A moment between two looks.
    private long StepAside(int look, long beforeNs)
    {
        if (look <= LooksSpinning)
        {
            Thread.SpinWait(4); // 0.15 us
        }
        else
        {
            Thread.Yield();
        }

        long nowNs = EngineClock.NowNs;
        if (nowNs - beforeNs > SpinPolicy.CrowdedNs)
        {
            _policy.OnCrowded();
        }

        return nowNs;
    }

    private long OnTurned(long startNs)
    {
        long nowNs = EngineClock.NowNs;
        long tookNs = nowNs - startNs;
        Engine.Counters.CountTurn(tookNs);
        if (tookNs >= _stallNs)
        {
            Engine.Counters[EngineCounter.Stalls]++;
            Volatile.Write(ref _longTurnNs, tookNs);
            Volatile.Write(ref _longTurnStartNs, startNs);
        }

        return nowNs;
    }

    /// <summary>Stops the thread and ends the engine's streams. Waits for at most 5 s.</summary>
    public void Dispose()
    {
        if (!_isStopping)
        {
            Engine.Post(() => _isStopping = true);
            _thread.Join(5000);
        }
    }
}
