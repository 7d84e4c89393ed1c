namespace Sluice.Frames.Memory;

/// <summary>A borrowed piece of pinned memory. The default value is none. Give it back to the pool it came from, once.</summary>
public readonly struct Slot
{
    private readonly byte[]? _array;
    private readonly int _start;

    internal Slot(byte[] array, int start, int bytes, int number)
    {
        _array = array;
        _start = start;
        Bytes = bytes;
        Number = number;
    }

    /// <summary>True for no slot at all.</summary>
    public bool IsNone => _array is null;

    /// <summary>Size in bytes.</summary>
    public int Bytes { get; }

    /// <summary>The bytes; whatever was there before is still there.</summary>
    public Span<byte> Span => _array.AsSpan(_start, Bytes);

    /// <summary>The bytes, for calls that outlast this one. Pinned, so that handing them to the system costs nothing.</summary>
    public Memory<byte> Memory => _array.AsMemory(_start, Bytes);

    internal int Number { get; }
}
