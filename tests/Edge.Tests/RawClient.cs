using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Edge.Tests;

/// <summary>A client that says exactly what it is told, and reads what comes.</summary>
internal sealed class RawClient : IDisposable
{
    private const int DeadlineMs = 20_000;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly Socket _socket;
    private readonly CancellationTokenSource _deadline = new(DeadlineMs);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _rest = [];
    private bool _isReset;
    private long _filled;

    private RawClient(Socket socket) => _socket = socket;

    public Socket Socket => _socket;

    public static async Task<RawClient> ConnectAsync(IPEndPoint address, int receiveBufferBytes = 0)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes;
        }

        if (OperatingSystem.IsLinux())
        {
            // TCP_MAXSEG as on Ethernet. With loopback's 64 KB segments the kernel waits for its timers whenever a small buffer is full, and
            // a peer that goes on reading looks like one that has stopped.
            socket.SetRawSocketOption(6, 2, BitConverter.GetBytes(1460));
        }

        var client = new RawClient(socket);
        try
        {
            await socket.ConnectAsync(address, client._deadline.Token);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            client._isReset = true; // Accepted and reset before we looked: the first read says so.
        }

        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, _deadline.Token)..];
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            _isReset = true; // Closed before we had spoken: the next read says so.
        }
    }

    /// <summary>Sends zeros until the system takes no more right now.</summary>
    /// <returns>Bytes sent by all such calls.</returns>
    public long SendWhatFits()
    {
        _socket.Blocking = false;
        int sent;
        SocketError error;
        do
        {
            sent = _socket.Send(Zeros, SocketFlags.None, out error);
            _filled += sent;
        }
        while (error == SocketError.Success && sent > 0);

        _socket.Blocking = true;
        return _filled;
    }

    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads to the end; a reset counts as one and is reported.</summary>
    public async Task<(string Text, bool IsReset)> ReadToEndAsync()
    {
        var text = new MemoryStream();
        if (_isReset)
        {
            return ("", true);
        }

        text.Write(_rest);
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await _socket.ReceiveAsync(buffer, SocketFlags.None, _deadline.Token)) > 0)
            {
                text.Write(buffer, 0, count);
            }

            return (Encoding.Latin1.GetString(text.ToArray()), false);
        }
        catch (SocketException)
        {
            return (Encoding.Latin1.GetString(text.ToArray()), true);
        }
    }

    /// <summary>Reads until so many bytes are there, and keeps what is behind them.</summary>
    public async Task<byte[]> ReadAsync(int bytes)
    {
        byte[] read = new byte[bytes];
        int count = Math.Min(bytes, _rest.Length);
        _rest.AsSpan(0, count).CopyTo(read);
        _rest = _rest[count..];
        while (count < bytes)
        {
            int received = await _socket.ReceiveAsync(read.AsMemory(count), SocketFlags.None, _deadline.Token);
            Assert.True(received > 0, $"the connection ended after {count} of {bytes} bytes");
            count += received;
        }

        return read;
    }

    /// <summary>Reads up to and with a mark.</summary>
    public async Task<string> ReadUntilAsync(string mark)
    {
        int end;
        while ((end = Encoding.Latin1.GetString(_rest).IndexOf(mark, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await FillAsync(), $"the connection ended before '{mark}': {Encoding.Latin1.GetString(_rest)}");
        }

        return Encoding.Latin1.GetString(await ReadAsync(end + mark.Length));
    }

    /// <summary>Reads one HTTP/1.1 response with a content-length or chunked; no body when told so.</summary>
    public async Task<(string Head, string Body)> ReadResponseAsync(bool hasBody = true)
    {
        string head = await ReadUntilAsync("\r\n\r\n");
        string? length = HeaderOf(head, "content-length");
        if (!hasBody || (length is null && HeaderOf(head, "transfer-encoding") is null))
        {
            return (head, "");
        }

        if (length is not null)
        {
            return (head, Encoding.Latin1.GetString(await ReadAsync(int.Parse(length))));
        }

        var body = new StringBuilder();
        int chunk;
        while ((chunk = Convert.ToInt32((await ReadUntilAsync("\r\n")).Trim(), 16)) > 0)
        {
            body.Append(Encoding.Latin1.GetString(await ReadAsync(chunk)));
            await ReadAsync(2);
        }

        await ReadUntilAsync("\r\n");
        return (head, body.ToString());
    }

    public static string? HeaderOf(string head, string name)
    {
        foreach (string line in head.Split("\r\n"))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        return null;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _deadline.Dispose();
    }

    private async Task<bool> FillAsync()
    {
        int count = await _socket.ReceiveAsync(_buffer, SocketFlags.None, _deadline.Token);
        _rest = [.. _rest, .. _buffer.AsSpan(0, count)];
        return count > 0;
    }
}
