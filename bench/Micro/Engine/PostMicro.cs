using BenchmarkDotNet.Attributes;
using Sluice.Frames;

namespace Sluice.Bench.Micro.Engine;

/// <summary>Work handed to an engine, and the turn that runs it.</summary>
public class PostMicro
{
    private readonly FrameEngine _engine = new(0, "bench", new LocalDoorbell());
    private readonly SendOrPostCallback _callback = static _ => { };

    [Benchmark(OperationsPerInvoke = 500)]
    public int PostTurn()
    {
        for (int i = 0; i < 500; i++)
        {
            _engine.Post(_callback, this);
        }

        return _engine.Turn(1);
    }

    [Benchmark]
    public int Turn() => _engine.Turn(1);

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();
}
