using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Sluice.EmbeddedKafka.Net;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Writes one or more answers into one pooled buffer that a connection sends in one go.</summary>
/// <remarks>A buffer beyond 64 KiB counts against the broker's memory budget, and none grows beyond <see cref="BytesMax"/>.</remarks>
internal sealed class WireWriter(MemoryBudget? budget = null) : IDisposable
{
    /// <summary>128 MiB: the largest batch, 100 MiB, fits with room to spare; an answer that repeats itself without end does not.</summary>
    public const int BytesMax = 128 * 1024 * 1024;

    /// <summary>64 KiB: what a connection keeps between answers; larger buffers go back to the pool.</summary>
    public const int KeptBytesMax = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(4096);

    public bool Flexible { get; set; }

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void Int8(sbyte value) => Claim(1)[0] = (byte)value;

    public void Bool(bool value) => Claim(1)[0] = value ? (byte)1 : (byte)0;

    public void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Claim(2), value);

    public void Error(ErrorCode value) => Int16((short)value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Claim(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Claim(8), value);

    public void Uuid(Guid value) => value.TryWriteBytes(Claim(16), bigEndian: true, out _);

    public void UVarInt(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Claim(1)[0] = (byte)(value | 0x80);
        }

        Claim(1)[0] = (byte)value;
    }

    public void String(string? value)
    {
        if (value is null)
        {
            NullLength(2);
            return;
        }

        int size = Encoding.UTF8.GetByteCount(value);
        if (!Flexible && size > short.MaxValue)
        {
            // Only sentences about what a client sent can be as long as that; their beginning says enough.
            value = value[..1000];
            size = Encoding.UTF8.GetByteCount(value);
        }

        if (Flexible)
        {
            UVarInt((uint)size + 1);
        }
        else
        {
            Int16(checked((short)size));
        }

        Encoding.UTF8.GetBytes(value, Claim(size));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        BytesLength(value.Length);
        value.CopyTo(Claim(value.Length));
    }

    public void NullBytes() => NullLength(4);

    public void BytesLength(int length)
    {
        if (Flexible)
        {
            UVarInt((uint)length + 1);
        }
        else
        {
            Int32(length);
        }
    }

    public void Array(int count) => BytesLength(count);

    public void NullArray() => NullLength(4);

    public void Tags()
    {
        if (Flexible)
        {
            UVarInt(0);
        }
    }

    /// <summary>Room for <paramref name="size"/> bytes that <see cref="Advance"/> later commits.</summary>
    public Span<byte> Free(int size)
    {
        Grow(size);
        return _buffer.AsSpan(Length, size);
    }

    public void Advance(int size) => Length += size;

    public void Truncate(int length) => Length = length;

    public void PatchInt32(int at, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(at, 4), value);

    public Span<byte> From(int at) => _buffer.AsSpan(at, Length - at);

    /// <summary>Forgets what was written, and gives a large buffer back.</summary>
    public void Reset()
    {
        Length = 0;
        if (_buffer.Length > KeptBytesMax)
        {
            Swap(ArrayPool<byte>.Shared.Rent(4096));
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            Swap([]);
            Length = 0;
        }
    }

    private void NullLength(int plainBytes)
    {
        if (Flexible)
        {
            UVarInt(0);
        }
        else if (plainBytes == 2)
        {
            Int16(-1);
        }
        else
        {
            Int32(-1);
        }
    }

    private void Swap(byte[] other)
    {
        budget?.Resize(_buffer.Length, other.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = other;
    }

    private Span<byte> Claim(int size)
    {
        Grow(size);
        var span = _buffer.AsSpan(Length, size);
        Length += size;
        return span;
    }

    private void Grow(int size)
    {
        if (_buffer.Length - Length >= size)
        {
            return;
        }

        long wanted = Math.Max((long)Length + size, Math.Min(_buffer.Length * 2L, BytesMax));
        if (wanted > BytesMax || budget?.TryResize(_buffer.Length, (int)wanted) == false)
        {
            throw new BudgetExceededException($"an answer of {wanted} bytes, for which there is no room");
        }

        // The pool rounds up to a power of two; what was asked for is what counts, and the rest is made up for here.
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        budget?.Resize((int)wanted, _buffer.Length);
        _buffer.AsSpan(0, Length).CopyTo(larger);
        Swap(larger);
    }
}
