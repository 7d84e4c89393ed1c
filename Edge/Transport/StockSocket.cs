using System.Net;
using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>A .NET socket on an engine. It is received from and sent to without waiting; only readiness comes from outside.</summary>
/// <remarks>
/// Waiting to read is a receive of zero bytes, so an idle connection holds no buffer. Its completion arrives on a thread of the
/// runtime and is posted to the engine.
/// </remarks>
internal sealed class StockSocket : TcpSocket, IDisposable
{
    private static readonly SendOrPostCallback Readable = static state => ((StockSocket)state!).OnReadable();
    private static readonly SendOrPostCallback Sent = static state => ((StockSocket)state!).OnSent();

    private readonly Socket _socket;
    private readonly FrameEngine _engine;
    private SocketAsyncEventArgs? _reading;
    private SocketAsyncEventArgs? _sending;
    private bool _isClosed;

    public StockSocket(Socket socket, FrameEngine engine)
    {
        _socket = socket;
        _engine = engine;
        Local = Plain(socket.LocalEndPoint);
        Remote = Plain(socket.RemoteEndPoint);
        socket.NoDelay = true;
        socket.Blocking = false;
    }

    public override IPEndPoint Local { get; }

    public override IPEndPoint Remote { get; }

    public override int TryReceive(Span<byte> buffer)
    {
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return Outcome(received, error);
    }

    public override int TrySend(ReadOnlySpan<byte> buffer)
    {
        int sent = _socket.Send(buffer, SocketFlags.None, out SocketError error);
        return Outcome(sent, error);
    }

    public override void AwaitReadable()
    {
        if (_reading is null)
        {
            _reading = new SocketAsyncEventArgs(true) { UserToken = this };
            _reading.Completed += static (_, args) => ((StockSocket)args.UserToken!).Post(Readable);
        }

        if (!_socket.ReceiveAsync(_reading))
        {
            Post(Readable);
        }
    }

    public override void SendRest(ReadOnlyMemory<byte> rest)
    {
        if (_sending is null)
        {
            _sending = new SocketAsyncEventArgs(true) { UserToken = this };
            _sending.Completed += static (_, args) => ((StockSocket)args.UserToken!).Post(Sent);
        }

        _sending.SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(rest));
        if (!_socket.SendAsync(_sending))
        {
            Post(Sent);
        }
    }

    public override void FinishSending() => Shutdown(SocketShutdown.Send);

    public override void StopReceiving() => Shutdown(SocketShutdown.Receive);

    public override void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _socket.Dispose(); // Operations under way complete with an error that nobody looks at.
            _reading?.Dispose();
            _sending?.Dispose();
        }
    }

    public void Dispose() => Close();

    public override void Reset()
    {
        if (!_isClosed)
        {
            try
            {
                _socket.LingerState = new LingerOption(true, 0);
            }
            catch (SocketException)
            {
                // Broken already: closing it is all that is left.
            }

            Close();
        }
    }

    // An IPv4 client of a dual-mode listener shows as ::ffff:a.b.c.d; conditions and headers mean a.b.c.d.
    public static IPEndPoint Plain(EndPoint? endPoint)
    {
        var address = (IPEndPoint)endPoint!;
        return address.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.Address.MapToIPv4(), address.Port) : address;
    }

    private static int Outcome(int bytes, SocketError error) => error switch
    {
        SocketError.Success => bytes,
        SocketError.WouldBlock or SocketError.IOPending or SocketError.TryAgain => WouldBlock,
        _ => Broken,
    };

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // The peer was faster; the next receive says so.
        }
    }

    private void Post(SendOrPostCallback callback) => _engine.Post(callback, this);

    private void OnReadable()
    {
        if (!_isClosed)
        {
            Owner?.OnReadable();
        }
    }

    private void OnSent()
    {
        if (_isClosed)
        {
            return;
        }

        if (_sending!.SocketError != SocketError.Success)
        {
            Owner?.OnBroken();
        }
        else if (_sending.BytesTransferred < _sending.Count)
        {
            SendRest(_sending.MemoryBuffer.Slice(_sending.Offset + _sending.BytesTransferred, _sending.Count - _sending.BytesTransferred));
        }
        else
        {
            Owner?.OnRestSent();
        }
    }
}
