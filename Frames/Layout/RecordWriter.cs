using System.Buffers.Binary;

namespace Sluice.Frames;

/// <summary>Fills the fields of a claimed record; the counterpart of <see cref="FrameHeader"/>.</summary>
internal readonly ref struct RecordWriter(Span<byte> record)
{
    private readonly Span<byte> _record = record;

    public Span<byte> Span => _record;

    public void Int32(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(_record[offset..], value);

    public void Int64(int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(_record[offset..], value);
}
