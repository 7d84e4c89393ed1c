using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Sluice.Edge.Http;
using Sluice.Edge.Transport;

namespace Sluice.Edge.Kestrel;

/// <summary>A socket of an engine straight under Kestrel, without frames in between.</summary>
/// <remarks>
/// Back-pressure: while Kestrel leaves more than a slot unread nothing is received, so the peer's window closes; what the socket does not
/// take waits in the output, and Kestrel's flush with it. While idle it holds no buffer.
/// </remarks>
internal sealed class SocketConnection : EngineConnection, ITcpSocketOwner
{
    private const int ReceiveBytesMin = 2048; // Room for an ordinary request.

    private readonly TcpSocket _socket;
    private readonly ITcpAcceptor _acceptor;
    private readonly TaskCompletionSource _sent = new();
    private readonly long _number;
    private int _lentBytes;
    private bool _hasMore;      // The last receive filled its room: the system may hold more, and will not tell it again.
    private bool _isAwaiting;
    private bool _isReceiveOver;
    private bool _isReceiving;
    private bool _isBroken;

    /// <param name="pipes">Those of the socket's engine.</param>
    /// <param name="socket">The socket, owned from here on.</param>
    /// <param name="acceptor">Gets the place back when the connection is over.</param>
    /// <param name="number">Unique on the engine.</param>
    public SocketConnection(EnginePipes pipes, TcpSocket socket, ITcpAcceptor acceptor, long number) : base(pipes, socket.Local, socket.Remote)
    {
        _socket = socket;
        _acceptor = acceptor;
        _number = number;
        socket.Owner = this;
    }

    /// <summary>Begins to receive. Engine thread.</summary>
    public void Start() => Await();

    public override void Abort(ConnectionAbortedException abortReason) =>
        Pipes.Engine.Post(static state => ((SocketConnection)state!).Break("The connection was aborted."), this);

    public override async ValueTask DisposeAsync()
    {
        CompletePipes();
        await _sent.Task.ConfigureAwait(false);
        await Pipes.Scheduler.SwitchToEngine();
        _isReceiveOver = true;
        _socket.Close();
        _acceptor.GivePlaceBack();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _isBroken ? TcpSocket.Broken : _socket.TrySend(bytes);
        if (sent != TcpSocket.Broken)
        {
            return Math.Max(0, sent);
        }

        Break("The client closed the connection.");
        return bytes.Length;
    }

    public override void OnQueued()
    {
        ReadOnlyMemory<byte> queued = Output.Queued;
        _lentBytes = queued.Length;
        Output.IsLent = true;
        _socket.SendRest(queued);
    }

    public override void OnSent()
    {
        if (!_isBroken)
        {
            _socket.FinishSending();
        }

        _sent.TrySetResult();
    }

    public override void OnConsumed()
    {
        if (!_isAwaiting && !_isReceiving && !_isReceiveOver && Input.UnexaminedBytes <= HttpLimits.PipeBytesMax / 2)
        {
            Await();
        }
    }

    void ITcpSocketOwner.OnReadable()
    {
        _isAwaiting = false;
        Receive();
    }

    void ITcpSocketOwner.OnRestSent()
    {
        Output.Took(_lentBytes);
        if (!Output.Queued.IsEmpty && !Output.IsLent)
        {
            OnQueued();
        }
    }

    void ITcpSocketOwner.OnBroken() => Break("The client closed the connection.");

    protected override string NameConnection() => string.Create(CultureInfo.InvariantCulture, $"{Pipes.Engine.Index}.{_number}");

    private void Receive()
    {
        _isReceiving = true;
        bool isMore = true;
        while (isMore && !_isReceiveOver)
        {
            Span<byte> room = Input.GetRoom(ReceiveBytesMin);
            int received = _socket.TryReceive(room);
            _hasMore = received == room.Length;
            if (received <= 0)
            {
                Input.Trim();
                OnNothing(received);
                break;
            }

            isMore = _hasMore && Input.UnexaminedBytes + received <= HttpLimits.PipeBytesMax; // Less than asked for: that was all.
            Input.Commit(received);
            Input.Deliver();
            _isReceiveOver |= Input.IsOver;
        }

        _isReceiving = false;
        if (!_isReceiveOver && Input.UnexaminedBytes <= HttpLimits.PipeBytesMax)
        {
            Await();
        }
    }

    private void Await()
    {
        if (!_isAwaiting)
        {
            _isAwaiting = true;
            if (_hasMore)
            {
                Pipes.Engine.Post(static state => ((ITcpSocketOwner)state!).OnReadable(), this);
            }
            else
            {
                _socket.AwaitReadable();
            }
        }
    }

    private void OnNothing(int received)
    {
        if (received == 0)
        {
            _isReceiveOver = true;
            Input.Finish();
            TellClosed();
        }
        else if (received == TcpSocket.Broken)
        {
            Break("The client closed the connection.");
        }
    }

    private void Break(string reason)
    {
        if (_isBroken)
        {
            return;
        }

        _isBroken = true;
        _isReceiveOver = true;
        _socket.Reset();
        Input.Finish(new ConnectionResetException(reason));
        Output.Abandon();
        _sent.TrySetResult();
        TellClosed();
    }
}
