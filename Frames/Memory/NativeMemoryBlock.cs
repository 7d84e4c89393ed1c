using System.Runtime.InteropServices;

namespace Sluice.Frames.Memory;

/// <summary>Zeroed, cache-line aligned memory outside the collected heap; freed on dispose.</summary>
internal sealed unsafe class NativeMemoryBlock : IDisposable
{
    private byte* _pointer;

    public NativeMemoryBlock(int bytes)
    {
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 128);
        NativeMemory.Clear(_pointer, (nuint)bytes);
    }

    public byte* Pointer => _pointer;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
