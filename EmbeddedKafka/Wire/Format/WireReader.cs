using System.Buffers.Binary;
using System.Text;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Reads the primitive types of the Kafka protocol, in the flexible and the older encoding.</summary>
/// <remarks>
/// Failure is sticky: after the first value that does not fit, every read gives zero or empty and <see cref="Failed"/> stays
/// true, so a handler parses a whole request, asks once, and never acts on half of one. Nothing is allocated by a length
/// the peer merely claims. Spec: kafka.apache.org/protocol, "Protocol Primitive Types".
/// </remarks>
internal ref struct WireReader(ReadOnlySpan<byte> data, bool flexible)
{
    /// <summary>100,000 elements an array: ten times the partitions a broker may have, and no more objects than that from one request.</summary>
    public const int ElementsMax = 100_000;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;

    public bool Flexible { get; } = flexible;

    public bool Failed { get; private set; }

    public readonly int Position => _position;

    public readonly int Remaining => _data.Length - _position;

    public sbyte Int8() => Take(1, out var b) ? (sbyte)b[0] : (sbyte)0;

    public bool Bool() => Int8() != 0;

    public short Int16() => Take(2, out var b) ? BinaryPrimitives.ReadInt16BigEndian(b) : (short)0;

    public int Int32() => Take(4, out var b) ? BinaryPrimitives.ReadInt32BigEndian(b) : 0;

    public long Int64() => Take(8, out var b) ? BinaryPrimitives.ReadInt64BigEndian(b) : 0;

    public Guid Uuid() => Take(16, out var b) ? new Guid(b, bigEndian: true) : Guid.Empty;

    /// <summary>Unsigned base-128 number of at most five bytes.</summary>
    public uint UVarInt()
    {
        ulong value = 0;
        for (int shift = 0; shift <= 28; shift += 7)
        {
            if (!Take(1, out var b))
            {
                return 0;
            }

            value |= (ulong)(b[0] & 0x7F) << shift;
            if ((b[0] & 0x80) == 0)
            {
                return value <= uint.MaxValue ? (uint)value : Fail();
            }
        }

        return Fail();
    }

    public string String()
    {
        string? text = NullableString();
        if (text is null)
        {
            Fail();
        }

        return text ?? "";
    }

    public string? NullableString()
    {
        int length = Flexible ? CompactLength() : Int16();
        return length >= 0 && Take(length, out var b) ? Encoding.UTF8.GetString(b) : null;
    }

    /// <summary>Bytes that may be null: where they lie in the request, or a length of -1.</summary>
    public (int Start, int Length) NullableBytes()
    {
        int length = Flexible ? CompactLength() : Int32();
        if (length < 0)
        {
            return (0, -1);
        }

        int start = _position;
        return Take(length, out _) ? (start, length) : (0, -1);
    }

    /// <summary>A copy of bytes that may not be null.</summary>
    public byte[] Bytes()
    {
        (int start, int length) = NullableBytes();
        if (length < 0)
        {
            Fail();
            return [];
        }

        return _data.Slice(start, length).ToArray();
    }

    /// <summary>An array of strings; a null one is empty.</summary>
    public List<string> Strings() => NullableStrings() ?? [];

    /// <summary>An array of strings, or null.</summary>
    public List<string>? NullableStrings()
    {
        int count = Array(2);
        if (count < 0)
        {
            return null;
        }

        var strings = new List<string>();
        for (; count > 0; count--)
        {
            strings.Add(String());
        }

        return strings;
    }

    /// <summary>The number of elements of an array, or -1 for null. Fails when that many cannot be in what is left.</summary>
    /// <param name="elementBytesMin">The least an element takes in the older encoding; in the flexible one it is 1.</param>
    public int Array(int elementBytesMin = 1)
    {
        int count = Flexible ? CompactLength() : Int32();
        if (count <= 0)
        {
            return count < 0 ? -1 : 0;
        }

        if (count > ElementsMax || count * (Flexible ? 1L : elementBytesMin) > Remaining)
        {
            Fail();
            return 0;
        }

        return count;
    }

    /// <summary>Skips the tagged fields that end every structure of a flexible version; none of them concerns one node.</summary>
    public void Tags()
    {
        if (!Flexible)
        {
            return;
        }

        for (uint left = UVarInt(); left > 0 && !Failed; left--)
        {
            UVarInt();
            uint size = UVarInt();
            if (size > Remaining)
            {
                Fail();
                return;
            }

            _position += (int)size;
        }
    }

    private int CompactLength()
    {
        uint length = UVarInt();
        if (length > int.MaxValue)
        {
            Fail();
            return 0;
        }

        return (int)length - 1;
    }

    private bool Take(int count, out ReadOnlySpan<byte> bytes)
    {
        if (Failed || count < 0 || count > Remaining)
        {
            Fail();
            bytes = default;
            return false;
        }

        bytes = _data.Slice(_position, count);
        _position += count;
        return true;
    }

    private uint Fail()
    {
        Failed = true;
        _position = _data.Length;
        return 0;
    }
}
