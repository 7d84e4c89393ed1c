using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Load;

/// <summary>One keep-alive HTTP/1.1 connection that costs the load side little: prepared requests out, status and length in.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public async Task ConnectAsync(IPEndPoint address) => await _socket.ConnectAsync(address).ConfigureAwait(false);

    /// <summary>Sends a request and reads its answer whole.</summary>
    /// <returns>The status code.</returns>
    /// <exception cref="IOException">The connection ended, or the answer is no HTTP.</exception>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request).ConfigureAwait(false);
        int head;
        while ((head = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await FillAsync().ConfigureAwait(false);
        }

        int status = ReadStatus(_buffer.AsSpan(_start, head));
        int length = ReadLength(_buffer.AsSpan(_start, head), status);
        _start += head + 4;
        if (length >= 0)
        {
            await SkipAsync(length).ConfigureAwait(false);
        }
        else
        {
            await SkipChunksAsync().ConfigureAwait(false);
        }

        return status;
    }

    public void Dispose() => _socket.Dispose();

    private static int ReadStatus(ReadOnlySpan<byte> head) =>
        head.Length > 12 && Utf8Parser.TryParse(head[9..12], out int status, out _) ? status : throw new IOException("the answer is no HTTP/1.1");

    private static int ReadLength(ReadOnlySpan<byte> head, int status)
    {
        int at = head.IndexOf("ontent-"u8) is >= 0 and int any ? any : -1;
        while (at >= 0)
        {
            ReadOnlySpan<byte> rest = head[at..];
            if (rest.Length > 15 && (rest[7] | 0x20) == 'l' && rest[13] == ':')
            {
                return Utf8Parser.TryParse(rest[14..].TrimStart((byte)' '), out int length, out _) ? length : 0;
            }

            int next = rest[1..].IndexOf("ontent-"u8);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return status is 204 or 304 ? 0 : -1;
    }

    private async ValueTask SkipAsync(int bytes)
    {
        while (bytes > _end - _start)
        {
            bytes -= _end - _start;
            _start = _end = 0;
            await FillAsync().ConfigureAwait(false);
        }

        _start += bytes;
    }

    private async ValueTask SkipChunksAsync()
    {
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync().ConfigureAwait(false);
            }

            if (!Utf8Parser.TryParse(_buffer.AsSpan(_start, line), out int size, out _, 'x'))
            {
                throw new IOException("a chunk has no size");
            }

            _start += line + 2;
            await SkipAsync(size + 2).ConfigureAwait(false);
            if (size == 0)
            {
                return;
            }
        }
    }

    private async ValueTask FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int received = await _socket.ReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        if (received == 0)
        {
            throw new IOException("the server closed the connection");
        }

        _end += received;
    }
}
