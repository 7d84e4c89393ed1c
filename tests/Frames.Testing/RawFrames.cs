using System.Buffers.Binary;
using System.Text;

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

    /// <summary>DATA whose payload lies in a file.</summary>
    public static byte[] Reference(long streamId, long sequence, int source, long position, int bytes, ReadOnlySpan<byte> extension = default)
    {
        byte[] record = Record(FrameType.Data, streamId, FrameLayout.ReferenceExtension + extension.Length);
        PutLong(record, FrameLayout.Sequence, sequence);
        PutInt(record, FrameLayout.Detail, (int)DataFlags.Whole);
        PutInt(record, FrameLayout.Reserved, bytes);
        PutInt(record, FrameLayout.DataPayloadBytes, bytes);
        PutInt(record, FrameLayout.DataExtensionBytes, extension.Length);
        PutInt(record, FrameLayout.DataSource, source);
        PutLong(record, FrameLayout.DataPosition, position);
        extension.CopyTo(record.AsSpan(FrameLayout.ReferenceExtension));
        return record;
    }

    /// <summary>SOURCE.</summary>
    public static byte[] Source(int number, string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        byte[] record = Record(FrameType.Source, 0, FrameLayout.SourcePath + name.Length);
        PutInt(record, FrameLayout.Detail, number);
        name.CopyTo(record, FrameLayout.SourcePath);
        return record;
    }

    /// <summary>SOURCEMAPPED.</summary>
    public static byte[] SourceMapped(int number, bool isMapped)
    {
        byte[] record = Record(FrameType.SourceMapped, 0, FrameLayout.SourceMappedBytes);
        PutInt(record, FrameLayout.Detail, number);
        PutLong(record, FrameLayout.SourceIsMapped, isMapped ? 1 : 0);
        return record;
    }

    /// <summary>SOURCEGONE.</summary>
    public static byte[] SourceGone(int number)
    {
        byte[] record = Record(FrameType.SourceGone, 0, FrameLayout.Header);
        PutInt(record, FrameLayout.Detail, number);
        return record;
    }

    /// <summary>Where the payload of a DATA lies: the number of the file and the position; (0, 0) when the frame carries it.</summary>
    public static (int Source, long Position) ReferenceOf(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.DataSource..]) is not 0 and int source
            ? (source, BinaryPrimitives.ReadInt64LittleEndian(record[FrameLayout.DataPosition..]))
            : (0, 0);

    /// <summary>Size of the payload of a DATA; -1 for none.</summary>
    public static int PayloadBytesOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.DataPayloadBytes..]);

    /// <summary>The number of the file that a frame of the link is about.</summary>
    public static int SourceOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Detail..]);

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

    /// <summary>WINDOW on stream 0: the borrower of a budget gives back, and says what it wants.</summary>
    public static byte[] BudgetNeed(long budgetId, long back, int needed, int wanted) => Window(0, back, wanted, minimum: needed, budgetId: budgetId);

    /// <summary>FLUSH on stream 0: the owner of a budget lends.</summary>
    public static byte[] Grant(long budgetId, int bytes) => Mark(FrameType.Flush, 0, reserved: bytes, budgetId: budgetId);

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
