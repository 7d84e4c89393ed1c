using System.Runtime.InteropServices;

namespace Sluice.Frames.Memory;

/// <summary>Cache-line aligned memory outside the collected heap; freed on dispose. The first 4 KiB are zeroed.</summary>
/// <remarks>The rest is left alone, so that it costs no memory before it is used: a quiet engine never touches most of its ring.</remarks>
internal sealed unsafe class NativeMemoryBlock : IDisposable
{
    private byte* _pointer;

    public NativeMemoryBlock(int bytes)
    {
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 128);
        NativeMemory.Clear(_pointer, (nuint)Math.Min(bytes, 4096));
    }

    public byte* Pointer => _pointer;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
