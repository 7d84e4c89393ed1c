using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>The fields every frame has; a view over the record, valid during the handler's call only.</summary>
public readonly ref struct FrameHeader
{
    private readonly ReadOnlySpan<byte> _fields;
    private readonly ReadOnlySpan<byte> _record;

    internal FrameHeader(ReadOnlySpan<byte> record)
        : this(record, record)
    {
    }

    /// <summary>A frame of a process that may write while we read: its fields are a copy of ours, only extension and payload lie in the ring.</summary>
    /// <param name="fields">See there.</param>
    /// <param name="record">The whole record.</param>
    /// <param name="source">The file that it refers to; null for none.</param>
    internal FrameHeader(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> record, PayloadSource? source = null)
    {
        _fields = fields;
        _record = record;
        Source = source;
    }

    /// <summary>What kind of frame this is.</summary>
    public FrameType Type => (FrameType)Int32(FrameLayout.Type);

    /// <summary>Binding that sent the stream.</summary>
    public long OriginId => Int64(FrameLayout.OriginId);

    /// <summary>Binding the stream was opened to.</summary>
    public long RoutedId => Int64(FrameLayout.RoutedId);

    /// <summary>Odd for the initial direction; the reply direction has the lowest bit cleared (config-core §2.1).</summary>
    public long StreamId => Int64(FrameLayout.StreamId);

    /// <summary>Bytes reserved by the sender before this frame.</summary>
    public long Sequence => Int64(FrameLayout.Sequence);

    /// <summary>Bytes the receiver has freed.</summary>
    public long Acknowledge => Int64(FrameLayout.Acknowledge);

    /// <summary>Window size in bytes.</summary>
    public int Maximum => Int32(FrameLayout.Maximum);

    /// <summary>Monotonic time of sending, in nanoseconds.</summary>
    public long TimestampNs => Int64(FrameLayout.Timestamp);

    /// <summary>Joins all frames that one network event caused.</summary>
    public long TraceId => Int64(FrameLayout.TraceId);

    /// <summary>Guard session, 0 for none.</summary>
    public long Authorization => Int64(FrameLayout.Authorization);

    /// <summary>Where a payload lies that does not lie in the record.</summary>
    internal PayloadSource? Source { get; }

    internal bool IsInitial => (StreamId & 1) != 0;

    internal bool IsThrottle => (Int32(FrameLayout.Type) & 0x40000000) != 0;

    internal bool IsOfLink => (Int32(FrameLayout.Type) & 0x20000000) != 0;

    internal int Int32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_fields[offset..]);

    internal long Int64(int offset) => BinaryPrimitives.ReadInt64LittleEndian(_fields[offset..]);

    internal ReadOnlySpan<byte> From(int offset) => _record[offset..];

    internal ReadOnlySpan<byte> Slice(int offset, int bytes) => _record.Slice(offset, bytes);
}
