using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Sluice.Edge.Transport;

namespace Sluice.Edge.Kestrel;

/// <summary>A socket of an engine straight under Kestrel, without frames in between: received into one pipe, sent from the other.</summary>
/// <remarks>
/// Back-pressure: a full pipe stops receiving, so the peer's window closes; a full socket leaves bytes in the other pipe, and Kestrel's
/// flush waits. While idle it holds no buffer.
/// </remarks>
internal sealed class SocketConnection : EngineConnection, ITcpSocketOwner
{
    private const int ReceiveBytesMin = 2048; // Room for an ordinary request; a page of the pipe has twice that.

    private readonly TcpSocket _socket;
    private readonly ITcpAcceptor _acceptor;
    private readonly EngineSignal _restSent = new();
    private readonly long _number;
    private Task _sending = Task.CompletedTask;
    private bool _isReceiveOver;
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

    /// <summary>Begins to move bytes. Engine thread.</summary>
    public void Start()
    {
        using var scope = new EnginePipeScheduler.Scope();
        _sending = SendAsync();
        _socket.AwaitReadable();
    }

    public override void Abort(ConnectionAbortedException abortReason) =>
        Pipes.Engine.Post(static state => ((SocketConnection)state!).Break(new ConnectionResetException("The connection was aborted.")), this);

    public override async ValueTask DisposeAsync()
    {
        CompletePipes();
        await Pipes.Scheduler.SwitchToEngine();
        await _sending.ConfigureAwait(false); // Ends on the engine.
        _isReceiveOver = true;
        _socket.Close();
        _acceptor.GivePlaceBack();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    void ITcpSocketOwner.OnReadable()
    {
        using var scope = new EnginePipeScheduler.Scope();
        Receive();
    }

    void ITcpSocketOwner.OnRestSent() => _restSent.Set();

    void ITcpSocketOwner.OnBroken()
    {
        using var scope = new EnginePipeScheduler.Scope();
        Break(new ConnectionResetException("The client closed the connection."));
    }

    protected override string NameConnection() => string.Create(CultureInfo.InvariantCulture, $"{Pipes.Engine.Index}.{_number}");

    private void Receive()
    {
        while (!_isReceiveOver)
        {
            Memory<byte> room = Received.GetMemory(ReceiveBytesMin);
            int received = _socket.TryReceive(room.Span);
            if (received <= 0)
            {
                OnNothing(received);
                return;
            }

            Received.Advance(received);
            bool isAll = received < room.Length; // Less than asked for: no second call to find out.
            ValueTask<FlushResult> flush = Received.FlushAsync(); // Parser, app and response run inside.
            if (!flush.IsCompletedSuccessfully)
            {
                _ = AwaitRoomAsync(flush, isAll);
                return;
            }

            if (!GoesOn(flush.Result, isAll))
            {
                return;
            }
        }
    }

    private void OnNothing(int received)
    {
        if (received == TcpSocket.WouldBlock)
        {
            _socket.AwaitReadable();
        }
        else if (received == 0)
        {
            _isReceiveOver = true;
            Received.Complete();
            TellClosed();
        }
        else
        {
            Break(new ConnectionResetException("The client closed the connection."));
        }
    }

    private async Task AwaitRoomAsync(ValueTask<FlushResult> flush, bool isAll)
    {
        FlushResult result = await flush.ConfigureAwait(false);
        await Pipes.Scheduler.SwitchToEngine();
        if (GoesOn(result, isAll))
        {
            Receive();
        }
    }

    private bool GoesOn(in FlushResult result, bool isAll)
    {
        _isReceiveOver |= result.IsCompleted; // Kestrel reads no more.
        if (isAll && !_isReceiveOver)
        {
            _socket.AwaitReadable();
        }

        return !isAll;
    }

    private async Task SendAsync()
    {
        while (true)
        {
            ReadResult result = await Sent.ReadAsync().ConfigureAwait(false);
            await Pipes.Scheduler.SwitchToEngine();
            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                if (TrySend(piece, out ReadOnlyMemory<byte> rest))
                {
                    continue;
                }

                _socket.SendRest(rest);
                await _restSent.WaitAsync().ConfigureAwait(false);
            }

            Sent.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || _isBroken)
            {
                break;
            }
        }

        Sent.Complete();
        if (!_isBroken)
        {
            _socket.FinishSending();
        }
    }

    // False when the system took less than all of it.
    private bool TrySend(ReadOnlyMemory<byte> piece, out ReadOnlyMemory<byte> rest)
    {
        rest = default;
        if (_isBroken)
        {
            return true;
        }

        int sent = _socket.TrySend(piece.Span);
        if (sent == TcpSocket.Broken)
        {
            Break(new ConnectionResetException("The client closed the connection."));
            return true;
        }

        rest = piece[Math.Max(0, sent)..];
        return rest.IsEmpty;
    }

    private void Break(Exception reason)
    {
        if (_isBroken)
        {
            return;
        }

        _isBroken = true;
        _socket.Reset();
        if (!_isReceiveOver)
        {
            _isReceiveOver = true;
            Received.Complete(reason);
        }

        Sent.CancelPendingRead();
        _restSent.Set();
        TellClosed();
    }
}
