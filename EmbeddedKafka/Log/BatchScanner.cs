using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Reads a segment file batch by batch in large chunks: for recovery, compaction and time look-ups.</summary>
internal sealed class BatchScanner(SafeFileHandle file, long position, long end) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
    private int _start;
    private int _filled;
    private int _size;

    /// <summary>Where the current batch starts; after the last one, where sound batches end.</summary>
    public long Position { get; private set; } = position;

    public Batch Current => new(_buffer.AsSpan(_start, _size));

    public bool MoveNext()
    {
        Position += _size;
        _start += _size;
        _size = 0;
        if (!Fill(Batch.HeaderBytes))
        {
            return false;
        }

        int size = new Batch(_buffer.AsSpan(_start, Batch.HeaderBytes)).SizeBytes;
        if (size < Batch.HeaderBytes || size > end - Position || _buffer[_start + 16] != 2 || !Fill(size))
        {
            return false;
        }

        _size = size;
        return true;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool Fill(int wanted)
    {
        if (end - Position < wanted)
        {
            return false;
        }

        if (_filled - _start >= wanted)
        {
            return true;
        }

        byte[] source = _buffer;
        if (wanted > _buffer.Length)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(wanted);
        }

        source.AsSpan(_start, _filled - _start).CopyTo(_buffer);
        if (!ReferenceEquals(source, _buffer))
        {
            ArrayPool<byte>.Shared.Return(source);
        }

        (_filled, _start) = (_filled - _start, 0);
        while (_filled < wanted)
        {
            int room = (int)Math.Min(_buffer.Length - _filled, end - Position - _filled);
            int n = RandomAccess.Read(file, _buffer.AsSpan(_filled, room), Position + _filled);
            if (n == 0)
            {
                return false;
            }

            _filled += n;
        }

        return true;
    }
}
