using System.Buffers;
using System.Buffers.Binary;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Builds a record batch of our own: offsets, markers, and what is left of a batch after compaction.</summary>
internal sealed class BatchBuilder
{
    private readonly ArrayBufferWriter<byte> _out = new(512);
    private readonly ArrayBufferWriter<byte> _record = new(256);
    private readonly long _baseTimestamp;
    private long _maxTimestamp;
    private int _count;

    public BatchBuilder(long baseTimestamp)
    {
        _baseTimestamp = baseTimestamp;
        _maxTimestamp = baseTimestamp;
        _out.GetSpan(Batch.HeaderBytes)[..Batch.HeaderBytes].Clear();
        _out.Advance(Batch.HeaderBytes);
    }

    public int Count => _count;

    public void Add(long timestamp, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value)
    {
        _record.ResetWrittenCount();
        _record.Write([(byte)0]);
        VarLong(_record, timestamp - _baseTimestamp);
        VarLong(_record, _count++);
        VarLong(_record, key.Length);
        _record.Write(key);
        VarLong(_record, hasValue ? value.Length : -1);
        _record.Write(value);
        VarLong(_record, 0);

        VarLong(_out, _record.WrittenCount);
        _out.Write(_record.WrittenSpan);
        _maxTimestamp = Math.Max(_maxTimestamp, timestamp);
    }

    /// <summary>The finished batch, with offsets to be given by the log.</summary>
    public Span<byte> Build(long producerId = -1, short producerEpoch = -1, short attributes = 0)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_out.WrittenMemory).Span;
        _ = new Batch(bytes)
        {
            SizeBytes = bytes.Length,
            Magic = 2,
            Attributes = attributes,
            LastOffsetDelta = _count - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = _maxTimestamp,
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            BaseSequence = -1,
            Count = _count,
        };
        new Batch(bytes).Seal();
        return bytes;
    }

    /// <summary>A control batch that ends a transaction. Key: version i16, type i16; value: version i16, coordinator epoch i32.</summary>
    public static Span<byte> Marker(long now, long producerId, short producerEpoch, bool commit)
    {
        Span<byte> key = stackalloc byte[4];
        Span<byte> value = stackalloc byte[6];
        value.Clear();
        BinaryPrimitives.WriteInt32BigEndian(key, commit ? 1 : 0);
        var builder = new BatchBuilder(now);
        builder.Add(now, key, true, value);
        return builder.Build(producerId, producerEpoch, Batch.TransactionalBit | Batch.ControlBit);
    }

    /// <summary>Appends a record as it was, under another base timestamp.</summary>
    public void AddRaw(long timestamp, int offsetDelta, ReadOnlySpan<byte> tail)
    {
        _record.ResetWrittenCount();
        _record.Write([(byte)0]);
        VarLong(_record, timestamp - _baseTimestamp);
        VarLong(_record, offsetDelta);
        _record.Write(tail);
        VarLong(_out, _record.WrittenCount);
        _out.Write(_record.WrittenSpan);
        _maxTimestamp = _count++ == 0 ? timestamp : Math.Max(_maxTimestamp, timestamp);
    }

    /// <summary>A batch that takes the place of <paramref name="original"/>, holding the records added here.</summary>
    public byte[] Replace(Batch original, bool withDeleteHorizon)
    {
        byte[] records = _out.WrittenSpan[Batch.HeaderBytes..].ToArray();
        if (original.Codec != Codec.None)
        {
            records = Compression.Deflate(original.Codec, records);
        }

        byte[] bytes = new byte[Batch.HeaderBytes + records.Length];
        original.Bytes[..Batch.HeaderBytes].CopyTo(bytes);
        records.CopyTo(bytes, Batch.HeaderBytes);
        var batch = new Batch(bytes)
        {
            SizeBytes = bytes.Length,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = original.IsLogAppendTime ? original.MaxTimestamp : _maxTimestamp,
            Count = _count,
        };
        batch = new Batch(bytes)
        {
            Attributes = (short)(withDeleteHorizon ? batch.Attributes | Batch.DeleteHorizonBit : batch.Attributes),
        };
        batch.Seal();
        return bytes;
    }

    private static void VarLong(IBufferWriter<byte> to, long value)
    {
        ulong raw = (ulong)((value << 1) ^ (value >> 63));
        Span<byte> bytes = stackalloc byte[10];
        int n = 0;
        for (; raw >= 0x80; raw >>= 7)
        {
            bytes[n++] = (byte)(raw | 0x80);
        }

        bytes[n++] = (byte)raw;
        to.Write(bytes[..n]);
    }
}
