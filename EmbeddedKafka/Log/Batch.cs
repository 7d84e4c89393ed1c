using System.Buffers.Binary;
using System.Numerics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>How a batch's records are compressed (attribute bits 0-2).</summary>
internal enum Codec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

/// <summary>A view of one record batch, format 2.</summary>
/// <remarks>
/// <code>
///   0 baseOffset      8 batchLength     12 leaderEpoch   16 magic (2)   17 crc32c of all from 21 on
///  21 attributes     23 lastOffsetDelta 27 baseTimestamp 35 maxTimestamp
///  43 producerId     51 producerEpoch   53 baseSequence  57 recordCount 61 records...
/// </code>
/// Attributes: bits 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 base timestamp is the delete horizon.
/// Base offset and leader epoch lie before the checksum, so the broker sets them without touching it.
/// Spec: kafka.apache.org/documentation, "Record Batch".
/// </remarks>
internal readonly ref struct Batch(Span<byte> bytes)
{
    public const int HeaderBytes = 61;

    /// <summary>Bytes before the point where the batch length starts counting.</summary>
    public const int LengthOffset = 12;

    public const short LogAppendTimeBit = 0x08;
    public const short TransactionalBit = 0x10;
    public const short ControlBit = 0x20;
    public const short DeleteHorizonBit = 0x40;

    private readonly Span<byte> _bytes = bytes;

    public Span<byte> Bytes => _bytes;

    public long BaseOffset
    {
        get => BinaryPrimitives.ReadInt64BigEndian(_bytes);
        set => BinaryPrimitives.WriteInt64BigEndian(_bytes, value);
    }

    /// <summary>The whole batch, header included.</summary>
    public int SizeBytes
    {
        get => BinaryPrimitives.ReadInt32BigEndian(_bytes[8..]) + LengthOffset;
        set => BinaryPrimitives.WriteInt32BigEndian(_bytes[8..], value - LengthOffset);
    }

    public int LeaderEpoch
    {
        set => BinaryPrimitives.WriteInt32BigEndian(_bytes[12..], value);
    }

    public byte Magic
    {
        get => _bytes[16];
        set => _bytes[16] = value;
    }

    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[17..]);

    public short Attributes
    {
        get => BinaryPrimitives.ReadInt16BigEndian(_bytes[21..]);
        set => BinaryPrimitives.WriteInt16BigEndian(_bytes[21..], value);
    }

    public int LastOffsetDelta
    {
        get => BinaryPrimitives.ReadInt32BigEndian(_bytes[23..]);
        set => BinaryPrimitives.WriteInt32BigEndian(_bytes[23..], value);
    }

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long BaseTimestamp
    {
        get => BinaryPrimitives.ReadInt64BigEndian(_bytes[27..]);
        set => BinaryPrimitives.WriteInt64BigEndian(_bytes[27..], value);
    }

    public long MaxTimestamp
    {
        get => BinaryPrimitives.ReadInt64BigEndian(_bytes[35..]);
        set => BinaryPrimitives.WriteInt64BigEndian(_bytes[35..], value);
    }

    public long ProducerId
    {
        get => BinaryPrimitives.ReadInt64BigEndian(_bytes[43..]);
        set => BinaryPrimitives.WriteInt64BigEndian(_bytes[43..], value);
    }

    public short ProducerEpoch
    {
        get => BinaryPrimitives.ReadInt16BigEndian(_bytes[51..]);
        set => BinaryPrimitives.WriteInt16BigEndian(_bytes[51..], value);
    }

    public int BaseSequence
    {
        get => BinaryPrimitives.ReadInt32BigEndian(_bytes[53..]);
        set => BinaryPrimitives.WriteInt32BigEndian(_bytes[53..], value);
    }

    public int Count
    {
        get => BinaryPrimitives.ReadInt32BigEndian(_bytes[57..]);
        set => BinaryPrimitives.WriteInt32BigEndian(_bytes[57..], value);
    }

    public ReadOnlySpan<byte> Records => _bytes[HeaderBytes..SizeBytes];

    public Codec Codec => (Codec)(Attributes & 0x07);

    public bool IsLogAppendTime => (Attributes & LogAppendTimeBit) != 0;

    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    public bool IsControl => (Attributes & ControlBit) != 0;

    public bool HasDeleteHorizon => (Attributes & DeleteHorizonBit) != 0;

    public bool CrcMatches() => Crc == Checksum(_bytes[21..SizeBytes]);

    public void Seal() => BinaryPrimitives.WriteUInt32BigEndian(_bytes[17..], Checksum(_bytes[21..SizeBytes]));

    /// <summary>CRC-32C (Castagnoli), eight bytes a step.</summary>
    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
