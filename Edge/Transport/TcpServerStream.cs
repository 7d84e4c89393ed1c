using System.Buffers;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Memory;

namespace Sluice.Edge.Transport;

/// <summary>One accepted connection as one stream: bytes received go to the exit, what the exit replies is sent (config-core §3.1).</summary>
/// <remarks>
/// <code>
///   peer FIN        END to the app                app END           FIN to the peer
///   peer RST        ABORT + RESET to the app      app ABORT         RST: what was sent is incomplete
///                                                 app RESET         before its BEGIN: RST; later: takes no more, still sends
/// </code>
/// It receives straight into the outgoing frame, never more than the app's window and never more than a slot, so a slow app slows the
/// peer and nothing is buffered here. Sent bytes are copied only when the system takes less than a whole frame.
/// </remarks>
internal sealed class TcpServerStream(TcpServerBinding binding, TcpSocket socket) : StreamHandler, ITcpSocketOwner
{
    /// <summary>Window of the reply, in bytes: two slots, one on its way to the socket while the app fills the next.</summary>
    private const int ReplyBytesMax = 2 * FrameLayout.PayloadBytesMax;

    private byte[]? _rest;      // Bytes that the system did not take at once; never more than the reply window.
    private int _restStart;
    private int _restEnd;
    private int _restReserved;
    private int _restSending;
    private bool _isReadable = true; // Try before the first wait: most clients speak first.
    private bool _isAwaiting;
    private bool _isReplyBegun;
    private bool _isEnding;
    private bool _isOver;
    private bool _isHeld; // in the budget, beyond the stream

    private bool IsSending => _rest is not null;

    /// <summary>Opens the stream to the exit.</summary>
    public void Open(long exitId, long traceId)
    {
        socket.Owner = this;
        ReadOnlySpan<byte> addresses = ProxyBeginEx.Write(
            ExtensionWriter.Scratch, socket.Remote.Address.ToString(), socket.Remote.Port, socket.Local.Address.ToString(), socket.Local.Port);
        binding.Engine.Open(this, binding.Id, exitId, addresses, traceId: traceId);
        Port.SendWindow(ReplyBytesMax);
    }

    public override void OnBegin(in BeginFrame frame) => _isReplyBegun = true;

    public override void OnWindow(in WindowFrame frame) => Receive();

    public override void OnData(in DataFrame frame)
    {
        ReadOnlySpan<byte> payload = frame.Payload;
        if (!IsSending)
        {
            int sent = socket.TrySend(payload);
            if (sent == TcpSocket.Broken)
            {
                Break();
                return;
            }

            payload = payload[Math.Max(0, sent)..];
            if (payload.IsEmpty)
            {
                Port.Acknowledge(frame.Reserved);
                return;
            }
        }

        bool isFirst = !IsSending;
        _rest ??= ArrayPool<byte>.Shared.Rent(ReplyBytesMax);
        payload.CopyTo(_rest.AsSpan(_restEnd));
        _restEnd += payload.Length;
        _restReserved += frame.Reserved;
        if (isFirst)
        {
            SendRest();
        }
    }

    public override void OnEnd(in EndFrame frame)
    {
        _isEnding = true;
        if (!IsSending)
        {
            socket.FinishSending();
        }
    }

    public override void OnAbort(in CloseFrame frame)
    {
        ResetSocket();
        Port.Close(frame.Reason);
    }

    public override void OnReset(in CloseFrame frame)
    {
        if (_isReplyBegun)
        {
            socket.StopReceiving();
        }
        else
        {
            ResetSocket(); // Refused.
            Port.Close(frame.Reason);
        }
    }

    public override void OnClosed()
    {
        _isOver = true;
        if (!IsSending)
        {
            Dispose();
            return;
        }

        binding.Engine.Memory.Take(MemoryUser.Connections, ReplyBytesMax); // Its credit is gone with the stream, the bytes are still here.
        _isHeld = true;
    }

    void ITcpSocketOwner.OnReadable()
    {
        _isAwaiting = false;
        _isReadable = true;
        Receive();
    }

    void ITcpSocketOwner.OnRestSent()
    {
        _restStart += _restSending;
        if (_restStart < _restEnd)
        {
            SendRest();
            return;
        }

        int reserved = _restReserved;
        ArrayPool<byte>.Shared.Return(_rest!);
        ForgetRest();
        Port.Acknowledge(reserved);
        if (_isEnding)
        {
            socket.FinishSending();
        }

        if (_isOver)
        {
            Dispose();
        }
    }

    void ITcpSocketOwner.OnBroken() => Break();

    private void SendRest()
    {
        _restSending = _restEnd - _restStart;
        socket.SendRest(_rest.AsMemory(_restStart, _restSending));
    }

    private void Receive()
    {
        while (_isReadable && Port.SendableBytes is > 0 and int bytes && Port.TryClaimData(bytes, 0, out DataClaim claim))
        {
            int received = socket.TryReceive(claim.Payload);
            switch (received)
            {
                case > 0:
                    claim.Commit(received);
                    _isReadable = received == bytes; // Less than asked for: that was all.
                    break;
                case TcpSocket.WouldBlock:
                    _isReadable = false;
                    break;
                case 0:
                    Port.SendEnd();
                    return;
                default:
                    Break();
                    return;
            }
        }

        if (!_isReadable && !_isAwaiting && Port.IsOutOpen)
        {
            _isAwaiting = true;
            socket.AwaitReadable();
        }
    }

    private void Break()
    {
        ResetSocket();
        if (_isOver)
        {
            Dispose();
        }
        else
        {
            Port.Close(CloseReason.Cancelled);
        }
    }

    private void ResetSocket()
    {
        ForgetRest(); // Left to the collector: the system may still be reading it.
        socket.Reset();
    }

    private void ForgetRest()
    {
        if (_isHeld)
        {
            _isHeld = false;
            binding.Engine.Memory.Give(MemoryUser.Connections, ReplyBytesMax);
        }

        _rest = null;
        _restStart = _restEnd = _restReserved = 0;
    }

    private void Dispose()
    {
        socket.Close();
        binding.Release();
    }
}
