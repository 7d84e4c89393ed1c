using System.Buffers.Binary;
using System.Text;

namespace Sluice.Frames.Extensions;

/// <summary>Writes an extension into a borrowed buffer, field after field, little endian.</summary>
/// <remarks>
/// Running out of room sets <see cref="IsOverrun"/> and the rest is ignored: check it once before sending.
/// <see cref="Scratch"/> is a buffer for each thread that is large enough for any extension.
/// </remarks>
public ref partial struct ExtensionWriter
{
    [ThreadStatic]
    private static byte[]? _scratch;

    private readonly Span<byte> _buffer;
    private int _position;
    private int _countPosition;
    private int _count;

    /// <summary>Starts writing at the beginning of a buffer.</summary>
    public ExtensionWriter(Span<byte> buffer, ExtensionType type)
    {
        _buffer = buffer;
        WriteInt32((int)type);
    }

    /// <summary>A buffer of <see cref="FrameLayout.ExtensionBytesMax"/> bytes, this thread's own; used until the next send.</summary>
    public static Span<byte> Scratch => _scratch ??= new byte[FrameLayout.ExtensionBytesMax];

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._position];

    /// <summary>Bytes written so far.</summary>
    public readonly int Position => _position;

    /// <summary>True when something did not fit.</summary>
    public bool IsOverrun { get; private set; }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value)
    {
        if (Reserve(1))
        {
            _buffer[_position++] = value;
        }
    }

    /// <summary>Writes four bytes.</summary>
    public void WriteInt32(int value)
    {
        if (Reserve(4))
        {
            BinaryPrimitives.WriteInt32LittleEndian(_buffer[_position..], value);
            _position += 4;
        }
    }

    /// <summary>Writes eight bytes.</summary>
    public void WriteInt64(long value)
    {
        if (Reserve(8))
        {
            BinaryPrimitives.WriteInt64LittleEndian(_buffer[_position..], value);
            _position += 8;
        }
    }

    /// <summary>Writes length and bytes.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> value)
    {
        WriteInt32(value.Length);
        if (Reserve(value.Length))
        {
            value.CopyTo(_buffer[_position..]);
            _position += value.Length;
        }
    }

    /// <summary>Writes the mark for "no value", which differs from an empty one.</summary>
    public void WriteNull() => WriteInt32(-1);

    /// <summary>Writes length and UTF-8 bytes.</summary>
    public void WriteString(ReadOnlySpan<char> value)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        WriteInt32(bytes);
        if (Reserve(bytes))
        {
            _position += Encoding.UTF8.GetBytes(value, _buffer[_position..]);
        }
    }

    /// <summary>Copies bytes as they are (already encoded fields).</summary>
    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        if (Reserve(value.Length))
        {
            value.CopyTo(_buffer[_position..]);
            _position += value.Length;
        }
    }

    /// <summary>Leaves room for a 32-bit count that is known later; see <see cref="PatchInt32"/>.</summary>
    public int ReserveInt32()
    {
        int position = _position;
        WriteInt32(0);
        return position;
    }

    /// <summary>Fills room left by <see cref="ReserveInt32"/>.</summary>
    public readonly void PatchInt32(int position, int value)
    {
        if (position + 4 <= _buffer.Length)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_buffer[position..], value);
        }
    }

    private bool Reserve(int bytes)
    {
        IsOverrun |= bytes > _buffer.Length - _position;
        return !IsOverrun;
    }
}
