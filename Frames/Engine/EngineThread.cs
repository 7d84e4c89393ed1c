using System.Diagnostics;

namespace Sluice.Frames;

/// <summary>Turns an engine on a thread of its own: works while there is work, looks a few more times, then parks at no cost.</summary>
public sealed class EngineThread : IDisposable
{
    private const int ParkMsMax = 10_000; // An upper bound for a wake-up that went wrong; a parked engine costs one turn in ten seconds.

    // Work often comes in bursts, so a look costs less than a sleep and a bell. The first looks spin, for a peer on another core that answers
    // within a microsecond. The others offer the core to whoever is ready to run: where cores are fewer than engines, what is waited for can
    // only come from a thread that waits for this core.
    private const int LooksSpinning = 8;
    private const int LooksBeforePark = 24;

    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <summary>Starts turning.</summary>
    /// <param name="engine">Owned from here on: disposed when the thread stops.</param>
    public EngineThread(FrameEngine engine)
    {
        Engine = engine;
        _thread = new Thread(Run) { IsBackground = true, Name = $"engine {engine.Room}.{engine.Index}" };
        _thread.Start();
    }

    /// <summary>The engine that is turned.</summary>
    public FrameEngine Engine { get; }

    private static long NowNs => (long)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));

    private void Run()
    {
        int idle = 0;
        while (!_isStopping)
        {
            long start = NowNs;
            if (Engine.Turn(start) > 0)
            {
                idle = 0;
                long took = NowNs - start;
                if (took > Engine.Counters.TurnNsMax)
                {
                    Engine.Counters.TurnNsMax = took;
                }
            }
            else if (++idle <= LooksSpinning)
            {
                Thread.SpinWait(4); // 0.15 us
            }
            else if (idle <= LooksBeforePark)
            {
                Thread.Yield();
            }
            else
            {
                idle = 0;
                Engine.Park(ParkMsMax);
            }
        }

        Engine.Dispose();
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
