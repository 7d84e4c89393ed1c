using BenchmarkDotNet.Attributes;
using Sluice.Frames;

namespace Sluice.Bench.Micro.Engine;

/// <summary>A timer that is started and called off again, as nearly all are, beside others that wait.</summary>
public class TimerMicro
{
    private readonly FrameEngine _engine = new(0, "bench", new LocalDoorbell());
    private EngineTimer? _reused;
    private long _nowNs = 1;

    [Params(0, 10_000)]
    public int Others { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine.Turn(_nowNs);
        _reused = _engine.NewTimer(static _ => { });
        for (int i = 0; i < Others; i++)
        {
            _engine.Schedule(60_000 + i, static _ => { });
        }
    }

    [Benchmark]
    public void AddCancel() => _engine.Schedule(30_000, static _ => { }).Dispose();

    [Benchmark]
    public void Restart() => _reused!.Start(30_000);

    [Benchmark]
    public int AddFire()
    {
        _engine.Schedule(1, static _ => { });
        return _engine.Turn(_nowNs += 1_000_000);
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();
}
