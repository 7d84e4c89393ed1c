using System.Buffers.Binary;
using System.Text;

namespace Sluice.Frames.Tracing;

/// <summary>Writes frames as a pcapng capture (link type USER0 = 147), for Wireshark with docs/sluice.lua.</summary>
/// <remarks>
/// A packet is a short envelope and the record of docs/frames.md:
/// <code>
/// 0 version u8 = 1   1 from engine u8   2 to engine u8   3 zero   4 lengths u8: from, to, origin, routed   8 those four names, UTF-8
/// then zeros up to a multiple of 8, then the record
/// </code>
/// Little endian throughout; times in nanoseconds.
/// </remarks>
public sealed class PcapngWriter : IDisposable
{
    private const int EnvelopeVersion = 1;
    private const ushort LinkTypeUser0 = 147;
    private const ushort OptionComment = 1;
    private const ushort OptionTimeResolution = 9;

    private readonly Stream _output;
    private readonly MemoryStream _block = new();

    /// <summary>Begins a capture.</summary>
    /// <param name="output">Owned from here on.</param>
    public PcapngWriter(Stream output)
    {
        _output = output;
        Begin(0x0A0D0D0A); // Section Header
        Int32(0x1A2B3C4D);
        Int16(1);
        Int16(0);
        Int64(-1);
        Finish();
        Begin(1); // Interface Description
        Int16(LinkTypeUser0);
        Int16(0);
        Int32(0);
        Option(OptionTimeResolution, [9]);
        Int32(0);
        Finish();
    }

    /// <summary>Adds a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="unixNs">When it was sent, in nanoseconds since 1970.</param>
    /// <param name="nameOf">The name of a binding.</param>
    public void Write(TracedFrame frame, long unixNs, Func<long, string> nameOf)
    {
        byte[][] names = [.. new[] { frame.Way.From, frame.Way.To, nameOf(frame.Header.OriginId), nameOf(frame.Header.RoutedId) }.Select(Name)];
        int envelope = FrameLayout.Align(8 + names.Sum(name => name.Length));
        int length = envelope + frame.Record.Length;
        Begin(6); // Enhanced Packet
        Int32(0);
        Int32((int)(unixNs >> 32));
        Int32((int)unixNs);
        Int32(length);
        Int32(length);
        _block.WriteByte(EnvelopeVersion);
        _block.WriteByte((byte)frame.Way.FromEngine);
        _block.WriteByte((byte)frame.Way.ToEngine);
        _block.WriteByte(0);
        foreach (byte[] name in names)
        {
            _block.WriteByte((byte)name.Length);
        }

        int written = 8;
        foreach (byte[] name in names)
        {
            _block.Write(name);
            written += name.Length;
        }

        _block.Write(new byte[envelope - written]);
        _block.Write(frame.Record);
        Pad();
        if (frame.LostBytes > 0)
        {
            Option(OptionComment, Encoding.UTF8.GetBytes($"lost {frame.LostBytes} bytes before this frame"));
            Int32(0);
        }

        Finish();
    }

    /// <summary>Hands what was written to the operating system.</summary>
    public void Flush() => _output.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _block.Dispose();
    }

    private static byte[] Name(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return bytes.Length <= byte.MaxValue ? bytes : bytes[..byte.MaxValue];
    }

    private void Begin(int type)
    {
        _block.SetLength(0);
        Int32(type);
        Int32(0); // total length, filled at the end
    }

    private void Finish()
    {
        Int32(0);
        int length = (int)_block.Length;
        byte[] bytes = _block.GetBuffer();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(length - 4), length);
        _output.Write(bytes, 0, length);
    }

    private void Option(ushort code, byte[] value)
    {
        Int16((short)code);
        Int16((short)value.Length);
        _block.Write(value);
        Pad();
    }

    private void Pad()
    {
        while ((_block.Length & 3) != 0)
        {
            _block.WriteByte(0);
        }
    }

    private void Int16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteInt16LittleEndian(bytes, (short)value);
        _block.Write(bytes);
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _block.Write(bytes);
    }

    private void Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _block.Write(bytes);
    }
}
