namespace Sluice.Frames.Memory;

/// <summary>Two rings in plain memory of this process: one each way between an engine and a task that carries frames elsewhere.</summary>
internal sealed unsafe class RingPair : IDisposable
{
    private readonly NativeMemoryBlock _memory;

    public RingPair(int ringBytes)
    {
        int stride = (FrameRing.SizeOf(ringBytes) + 127) & ~127;
        _memory = new NativeMemoryBlock(2 * stride);
        Outbound = FrameRing.Create(_memory.Pointer, ringBytes);
        Inbound = FrameRing.Create(_memory.Pointer + stride, ringBytes);
    }

    /// <summary>Written by the engine.</summary>
    public FrameRing Outbound { get; }

    /// <summary>Read by the engine.</summary>
    public FrameRing Inbound { get; }

    public void Dispose() => _memory.Dispose();
}
