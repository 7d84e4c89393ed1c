using System.Buffers.Binary;

namespace Sluice.Frames.Testing;

/// <summary>Records made by hand, field by field: what a peer of another make, or a broken one, could write.</summary>
public static class RawFrames
{
    /// <summary>BEGIN.</summary>
    public static byte[] Begin(long streamId, long routedId, ReadOnlySpan<byte> extension = default, long originId = 1, long affinity = 0)
    {
        byte[] record = Record(FrameType.Begin, streamId, FrameLayout.BeginExtension + extension.Length);
        PutLong(record, FrameLayout.OriginId, originId);
        PutLong(record, FrameLayout.RoutedId, routedId);
        PutLong(record, FrameLayout.BeginAffinity, affinity);
        extension.CopyTo(record.AsSpan(FrameLayout.BeginExtension));
        return record;
    }

    /// <summary>DATA; a null array is no payload at all.</summary>
    public static byte[] Data(long streamId, long sequence, byte[]? payload, int padding = 0, DataFlags flags = DataFlags.Whole, long budgetId = 0, ReadOnlySpan<byte> extension = default)
    {
        int bytes = payload?.Length ?? 0;
        byte[] record = Record(FrameType.Data, streamId, FrameLayout.DataExtension + extension.Length + bytes);
        PutLong(record, FrameLayout.Sequence, sequence);
        PutInt(record, FrameLayout.Detail, (int)flags);
        PutLong(record, FrameLayout.BudgetId, budgetId);
        PutInt(record, FrameLayout.Reserved, bytes + padding);
        PutInt(record, FrameLayout.DataPayloadBytes, payload is null ? -1 : bytes);
        PutInt(record, FrameLayout.DataExtensionBytes, extension.Length);
        extension.CopyTo(record.AsSpan(FrameLayout.DataExtension));
        payload?.CopyTo(record, FrameLayout.DataExtension + extension.Length);
        return record;
    }

    /// <summary>END or FLUSH.</summary>
    public static byte[] Mark(FrameType type, long streamId, long sequence = 0, int reserved = 0, long budgetId = 0)
    {
        byte[] record = Record(type, streamId, FrameLayout.EndExtension);
        PutLong(record, FrameLayout.Sequence, sequence);
        PutLong(record, FrameLayout.BudgetId, budgetId);
        PutInt(record, FrameLayout.Reserved, reserved);
        return record;
    }

    /// <summary>ABORT, RESET or CHALLENGE.</summary>
    public static byte[] Close(FrameType type, long streamId, CloseReason reason = CloseReason.None)
    {
        byte[] record = Record(type, streamId, FrameLayout.Header);
        PutInt(record, FrameLayout.Detail, (int)reason);
        return record;
    }

    /// <summary>WINDOW.</summary>
    public static byte[] Window(long streamId, long acknowledge, int maximum, int padding = 0, int minimum = 0, int capabilities = 0, long budgetId = 0)
    {
        byte[] record = Record(FrameType.Window, streamId, FrameLayout.WindowBytes);
        PutLong(record, FrameLayout.Acknowledge, acknowledge);
        PutInt(record, FrameLayout.Maximum, maximum);
        PutLong(record, FrameLayout.BudgetId, budgetId);
        PutInt(record, FrameLayout.WindowPadding, padding);
        PutInt(record, FrameLayout.WindowMinimum, minimum);
        PutInt(record, FrameLayout.WindowCapabilities, capabilities);
        return record;
    }

    /// <summary>A record of any type and length, with the stream's id and zeros.</summary>
    public static byte[] Record(FrameType type, long streamId, int bytes)
    {
        byte[] record = new byte[bytes];
        PutInt(record, FrameLayout.Length, bytes);
        PutInt(record, FrameLayout.Type, (int)type);
        PutLong(record, FrameLayout.StreamId, streamId);
        return record;
    }

    /// <summary>The type of a record.</summary>
    public static FrameType TypeOf(ReadOnlySpan<byte> record) => (FrameType)BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Type..]);

    /// <summary>The stream of a record.</summary>
    public static long StreamOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[FrameLayout.StreamId..]);

    /// <summary>Reason of an ABORT or a RESET.</summary>
    public static CloseReason ReasonOf(ReadOnlySpan<byte> record) => (CloseReason)BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Detail..]);

    /// <summary>Any 32-bit field.</summary>
    public static void PutInt(Span<byte> record, int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(record[offset..], value);

    /// <summary>Any 64-bit field.</summary>
    public static void PutLong(Span<byte> record, int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(record[offset..], value);
}
