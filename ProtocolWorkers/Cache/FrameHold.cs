using System.Buffers;
using System.Buffers.Binary;
using Sluice.Frames;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>DATA frames that wait for credit, and what came behind them, in order, in one borrowed buffer.</summary>
/// <remarks>
/// <c>flags i32 | extension bytes i32 | payload bytes i32 (-1 null, -2 a FLUSH, -3 END) | extension | payload</c>, one after the other. What may wait is
/// bounded by the window that was granted to their sender.
/// </remarks>
internal struct FrameHold
{
    private const int Null = -1;
    private const int Flush = -2;
    private const int End = -3;
    private const int HeaderBytes = 12;
    private const int BufferBytesMin = 1024;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _sentBytes;

    public readonly bool IsEmpty => _start == _end;

    /// <summary>Keeps a frame.</summary>
    public void Add(in DataFrame frame) => Add((int)frame.Flags, frame.Extension, frame.IsNull ? Null : frame.Payload.Length, frame.Payload);

    /// <summary>Keeps a piece of a frame.</summary>
    public void Add(DataFlags flags, ReadOnlySpan<byte> payload) => Add((int)flags, default, payload.Length, payload);

    /// <summary>Keeps a FLUSH behind the frames that wait.</summary>
    public void AddFlush(ReadOnlySpan<byte> extension) => Add(0, extension, Flush, default);

    /// <summary>Keeps the END behind the frames that wait.</summary>
    public void AddEnd(ReadOnlySpan<byte> extension) => Add(0, extension, End, default);

    /// <summary>Sends what credit allows; a piece too large for the window is sent in smaller ones.</summary>
    /// <returns>True when nothing is left.</returns>
    public bool TrySendAll(StreamPort port)
    {
        while (_start < _end)
        {
            Span<byte> entry = _buffer.AsSpan(_start.._end);
            var flags = (DataFlags)BinaryPrimitives.ReadInt32LittleEndian(entry);
            int extensionBytes = BinaryPrimitives.ReadInt32LittleEndian(entry[4..]);
            int payloadBytes = BinaryPrimitives.ReadInt32LittleEndian(entry[8..]);
            ReadOnlySpan<byte> extension = entry.Slice(HeaderBytes, extensionBytes);
            ReadOnlySpan<byte> payload = entry.Slice(HeaderBytes + extensionBytes, Math.Max(0, payloadBytes));
            switch (payloadBytes)
            {
                case Flush:
                    port.SendFlush(extension);
                    break;
                case End:
                    port.SendEnd(extension);
                    break;
                default:
                    if (!(payloadBytes == Null ? port.TrySendNull(extension, flags) : TrySend(port, flags, extension, payload)))
                    {
                        return false;
                    }

                    break;
            }

            _start += HeaderBytes + extensionBytes + payload.Length;
            _sentBytes = 0;
        }

        _start = _end = 0;
        return true;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }

        _start = _end = 0;
    }

    private bool TrySend(StreamPort port, DataFlags flags, ReadOnlySpan<byte> extension, ReadOnlySpan<byte> payload)
    {
        do
        {
            int bytes = Math.Min(payload.Length - _sentBytes, port.SendableBytes);
            bool isFirst = _sentBytes == 0;
            bool isLast = _sentBytes + bytes == payload.Length;
            DataFlags piece = (isFirst ? flags : flags & ~DataFlags.Init) & (isLast ? ~DataFlags.None : ~DataFlags.Fin);
            bool isStuck = bytes == 0 && !isLast;
            if (isStuck || !port.TrySendData(payload.Slice(_sentBytes, bytes), piece, isFirst ? extension : default))
            {
                return false;
            }

            _sentBytes += bytes;
        }
        while (_sentBytes < payload.Length);
        return true;
    }

    private void Add(int flags, ReadOnlySpan<byte> extension, int payloadBytes, ReadOnlySpan<byte> payload)
    {
        int bytes = HeaderBytes + extension.Length + payload.Length;
        Grow(bytes);
        Span<byte> entry = _buffer.AsSpan(_end, bytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry, flags);
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], extension.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], payloadBytes);
        extension.CopyTo(entry[HeaderBytes..]);
        payload.CopyTo(entry[(HeaderBytes + extension.Length)..]);
        _end += bytes;
    }

    private void Grow(int bytes)
    {
        if (_buffer is not null && _end + bytes <= _buffer.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytesMin, _end - _start + bytes));
        if (_buffer is not null)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _end -= _start;
        _start = 0;
        _buffer = larger;
    }
}
