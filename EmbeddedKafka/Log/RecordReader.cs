using System.Buffers.Binary;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Walks the uncompressed records of one batch.</summary>
/// <remarks>
/// <code>length varint | attributes i8 | timestampDelta varlong | offsetDelta varint |
/// keyLength varint, key | valueLength varint, value | headerCount varint, headers</code>
/// Numbers are zigzag; a length of -1 is null. Spec: kafka.apache.org/documentation, "Record".
/// </remarks>
internal ref struct RecordReader(ReadOnlySpan<byte> records)
{
    private ReadOnlySpan<byte> _rest = records;

    /// <summary>The bytes were not records; <see cref="TryNext"/> then gives false.</summary>
    public bool Failed { get; private set; }

    public readonly bool AtEnd => _rest.IsEmpty;

    public long TimestampDelta { get; private set; }

    public int OffsetDelta { get; private set; }

    public bool HasKey { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    public bool HasValue { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The record from its key length on: what stays the same when offsets and times are encoded anew.</summary>
    public ReadOnlySpan<byte> Tail { get; private set; }

    public bool TryNext()
    {
        if (Failed || _rest.IsEmpty)
        {
            return false;
        }

        if (!TryVarLong(ref _rest, out long length) || length < 0 || length > _rest.Length)
        {
            return Fail();
        }

        var body = _rest[..(int)length];
        _rest = _rest[(int)length..];

        if (body.IsEmpty)
        {
            return Fail();
        }

        body = body[1..];
        if (!TryVarLong(ref body, out long timestampDelta) || !TryVarLong(ref body, out long offsetDelta))
        {
            return Fail();
        }

        Tail = body;
        if (!TryBytes(ref body, out bool hasKey, out var key) || !TryBytes(ref body, out bool hasValue, out var value) ||
            !TryVarLong(ref body, out long headers) || headers < 0)
        {
            return Fail();
        }

        for (; headers > 0; headers--)
        {
            if (!TryBytes(ref body, out bool named, out _) || !named || !TryBytes(ref body, out _, out _))
            {
                return Fail();
            }
        }

        if (!body.IsEmpty)
        {
            return Fail();
        }

        if (offsetDelta is < 0 or > int.MaxValue)
        {
            return Fail();
        }

        (TimestampDelta, OffsetDelta) = (timestampDelta, (int)offsetDelta);
        (HasKey, HasValue) = (hasKey, hasValue);
        Key = key;
        Value = value;
        return true;
    }

    /// <summary>The type of a control record: 0 abort, 1 commit.</summary>
    public readonly short ControlType() => Key.Length >= 4 ? BinaryPrimitives.ReadInt16BigEndian(Key[2..]) : (short)-1;

    public static bool TryVarLong(scoped ref ReadOnlySpan<byte> data, out long value)
    {
        ulong raw = 0;
        for (int i = 0, shift = 0; i < data.Length && shift < 64; i++, shift += 7)
        {
            raw |= (ulong)(data[i] & 0x7F) << shift;
            if ((data[i] & 0x80) == 0)
            {
                data = data[(i + 1)..];
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static bool TryBytes(scoped ref ReadOnlySpan<byte> data, out bool present, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        present = false;
        if (!TryVarLong(ref data, out long length) || length > data.Length)
        {
            return false;
        }

        if (length < 0)
        {
            return length == -1;
        }

        present = true;
        bytes = data[..(int)length];
        data = data[(int)length..];
        return true;
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
