using System.Buffers.Binary;
using System.Text;

namespace Sluice.KafkaCache.Segments;

/// <summary>Encodes record headers as a <c>HeaderList</c> of Frames/Extensions holds them. Reused from record to record.</summary>
/// <remarks><c>{ name bytes i32, name UTF-8, value bytes i32 (-1 null), value }</c>, little endian.</remarks>
public sealed class HeaderFieldsBuffer
{
    private byte[] _buffer = new byte[1024];
    private int _length;

    /// <summary>Headers added since <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The encoded headers.</summary>
    public ReadOnlySpan<byte> Fields => _buffer.AsSpan(0, _length);

    /// <summary>Starts again.</summary>
    public void Clear()
    {
        _length = 0;
        Count = 0;
    }

    /// <summary>Adds a header; order and repeats are kept.</summary>
    public void Add(string name, ReadOnlySpan<byte> value, bool isNull)
    {
        int nameBytes = Encoding.UTF8.GetByteCount(name);
        Span<byte> room = Reserve(4 + nameBytes + 4 + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, nameBytes);
        Encoding.UTF8.GetBytes(name, room[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(room[(4 + nameBytes)..], isNull ? -1 : value.Length);
        value.CopyTo(room[(8 + nameBytes)..]);
        Count++;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(_length + bytes)));
        }

        Span<byte> room = _buffer.AsSpan(_length, bytes);
        _length += bytes;
        return room;
    }
}
