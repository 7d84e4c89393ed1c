using System.Buffers;
using System.Net.Sockets;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>Bytes received and not yet consumed. Grows with what has arrived, never with what a peer announces.</summary>
internal sealed class ReceiveBuffer(Socket socket, MemoryBudget budget) : IDisposable
{
    private const int SmallBytes = 16 * 1024;

    /// <summary>2 MiB, twice the usual largest produce request: kept by a busy connection, given back by an idle one.</summary>
    private const int KeptBytesMax = 2 * 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBytes);
    private int _start;
    private int _filled;

    /// <summary>What the bytes come through: the socket itself, or TLS on it.</summary>
    public Stream Source { get; set; } = new NetworkStream(socket);

    /// <summary>When bytes last arrived, by <see cref="Environment.TickCount64"/>.</summary>
    public long ActiveAt { get; private set; } = Environment.TickCount64;

    public bool HasHalf => _filled > _start;

    public Memory<byte> Peek(int count) => _buffer.AsMemory(_start, count);

    public void Consume(int count) => _start += count;

    /// <summary>Waits until <paramref name="wanted"/> bytes are there; false when the peer closed before.</summary>
    public async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_filled - _start >= wanted)
        {
            return true;
        }

        MakeRoom(wanted);
        while (_filled - _start < wanted)
        {
            if (_filled == _buffer.Length)
            {
                Resize(Math.Min((long)_buffer.Length * 2, wanted));
            }

            int n = await Source.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
            if (n == 0)
            {
                return false;
            }

            ActiveAt = Environment.TickCount64;
            _filled += n;
        }

        return true;
    }

    public void Dispose()
    {
        Source.Dispose();
        if (_buffer.Length > 0)
        {
            Swap([]);
        }
    }

    private void MakeRoom(int wanted)
    {
        if (_start == _filled)
        {
            (_start, _filled) = (0, 0);
            if (_buffer.Length > KeptBytesMax && socket.Available == 0)
            {
                Swap(ArrayPool<byte>.Shared.Rent(SmallBytes));
            }
        }
        else if (_start > 0 && _start + wanted > _buffer.Length)
        {
            _buffer.AsSpan(_start, _filled - _start).CopyTo(_buffer);
            (_start, _filled) = (0, _filled - _start);
        }
    }

    private void Resize(long size)
    {
        if (!budget.TryResize(_buffer.Length, (int)size))
        {
            throw new BudgetExceededException($"a request of more than {_buffer.Length} bytes, for which there is no room");
        }

        budget.Resize((int)size, _buffer.Length);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)size);
        _buffer.AsSpan(_start, _filled - _start).CopyTo(larger);
        (_start, _filled) = (0, _filled - _start);
        Swap(larger);
    }

    private void Swap(byte[] other)
    {
        budget.Resize(_buffer.Length, other.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = other;
    }
}
