using Sluice.Frames.Memory;

namespace Sluice.Simulation;

/// <summary>One direction of a link: the sender writes the near ring, the receiver reads the far one, and frames move when told to.</summary>
internal sealed unsafe class SimWire : IDisposable
{
    private const int CapacityBytes = FrameRing.CapacityBytesMin;

    [ThreadStatic]
    private static Stack<(NativeMemoryBlock Near, NativeMemoryBlock Far)>? _free;

    private readonly (NativeMemoryBlock Near, NativeMemoryBlock Far) _memory;
    private bool _isCut;

    public SimWire()
    {
        _memory = (_free ??= new()).TryPop(out var memory) ? memory : (Block(), Block());
        Near = FrameRing.Create(_memory.Near.Pointer, CapacityBytes);
        Far = FrameRing.Create(_memory.Far.Pointer, CapacityBytes);
    }

    public FrameRing Near { get; }

    public FrameRing Far { get; }

    public int Move(int frames)
    {
        int moved = 0;
        while (!_isCut && moved < frames && Near.TryRead(out ReadOnlySpan<byte> record) && Far.TryClaim(record.Length, out Span<byte> room))
        {
            record.CopyTo(room);
            Far.Commit(record.Length);
            Near.Skip();
            moved++;
        }

        Near.Release();
        return moved;
    }

    /// <summary>Of what is under way a random part still arrives; what is written from now on does not.</summary>
    public void Cut(SimRandom random)
    {
        Move(random.OneIn(2) ? random.Below(50) : 0);
        _isCut = true;
    }

    public void Dispose() => _free!.Push(_memory);

    private static NativeMemoryBlock Block() => new(FrameRing.SizeOf(CapacityBytes));
}
