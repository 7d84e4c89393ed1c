using BenchmarkDotNet.Attributes;
using Sluice.Frames.Memory;

namespace Sluice.Bench.Micro.Memory;

/// <summary>One record into a ring and out again, on one core: what a frame costs before anybody looks at it.</summary>
public class RingMicro
{
    private const int CapacityBytes = 1024 * 1024;

    private readonly NativeMemoryBlock _memory = new(FrameRing.SizeOf(CapacityBytes));
    private FrameRing _producer = null!;
    private FrameRing _consumer = null!;

    [Params(64, 1024, 32_768)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public unsafe void Setup()
    {
        _producer = FrameRing.Create(_memory.Pointer, CapacityBytes);
        _consumer = FrameRing.TryOpen(_memory.Pointer, FrameRing.SizeOf(CapacityBytes))!;
    }

    [Benchmark]
    public int WriteRead()
    {
        _producer.TryClaim(Bytes, out Span<byte> room);
        room.Fill(7);
        room[4] = 2;
        _producer.Commit(Bytes);
        _consumer.TryRead(out ReadOnlySpan<byte> record);
        int last = record[^1];
        _consumer.Skip();
        _consumer.Release();
        return last;
    }

    [GlobalCleanup]
    public void Cleanup() => _memory.Dispose();
}
