using System.Net;
using Sluice.Frames;
using Sluice.Frames.Sockets;

namespace Sluice.Edge.Transport;

/// <summary>A socket that its engine's epoll watches, edge triggered: registered once, then every call is one system call.</summary>
/// <remarks>
/// Readiness is told at most once for each wait, and in a later turn, as the seam asks for. News that came while nobody waited is kept
/// for the next wait. A read that fills less than its buffer took all there was, so it needs no second read to find that out; only the
/// peer's end would not be told again, and is remembered.
/// </remarks>
internal sealed class EpollSocket : TcpSocket, IPollHandler
{
    private static readonly SendOrPostCallback Again = static state => ((EpollSocket)state!).OnAgain();

    private readonly FrameEngine _engine;
    private readonly EnginePoller _poller;
    private readonly EngineSocket _native;
    private readonly long _ticket;
    private ReadOnlyMemory<byte> _rest;
    private bool _isReadable;   // News that nobody has been told.
    private bool _isFinished;   // The peer's end is among what can be read: no more news will come, every wait is over at once.
    private bool _isSendFinished;
    private bool _isWritable;
    private bool _isAwaiting;
    private bool _isClosed;

    private EpollSocket(EngineSocket native, IPEndPoint local, IPEndPoint remote, FrameEngine engine, EnginePoller poller)
    {
        _engine = engine;
        _poller = poller;
        _native = native;
        Local = local;
        Remote = remote;
        _ticket = poller.Add(native.Descriptor, this);
    }

    public override IPEndPoint Local { get; }

    public override IPEndPoint Remote { get; }

    /// <summary>Takes an accepted socket over. Engine thread.</summary>
    /// <param name="native">The socket; still the caller's when the answer is null.</param>
    /// <param name="local">Our end; null when the listener takes every address of the machine, so that the socket must be asked.</param>
    /// <param name="remote">The peer's end.</param>
    /// <param name="engine">Whose it is.</param>
    /// <returns>Null when this engine has no poller, or the kernel refuses.</returns>
    public static EpollSocket? TryAdopt(EngineSocket native, IPEndPoint? local, IPEndPoint remote, FrameEngine engine)
    {
        if (engine.Poller is not { } poller || (local ?? native.LocalEndPoint) is not { } here)
        {
            return null;
        }

        var adopted = new EpollSocket(native, StockSocket.Plain(here), StockSocket.Plain(remote), engine, poller);
        return adopted._ticket >= 0 ? adopted : null;
    }

    public override int TryReceive(Span<byte> buffer)
    {
        int received = _native.Receive(buffer);
        return received >= 0 ? received : received == EngineSocket.WouldBlock ? WouldBlock : Broken;
    }

    public override void AwaitReadable()
    {
        _isAwaiting = true;
        if (_isReadable || _isFinished)
        {
            _engine.Post(Again, this); // It came between the read and this wait.
        }
    }

    public override int TrySend(ReadOnlySpan<byte> buffer)
    {
        int sent = _native.Send(buffer);
        if (sent == EngineSocket.WouldBlock)
        {
            _isWritable = false;
            return WouldBlock;
        }

        return sent >= 0 ? sent : Broken;
    }

    public override void SendRest(ReadOnlyMemory<byte> rest)
    {
        _rest = rest;
        if (_isWritable)
        {
            _engine.Post(Again, this);
        }
    }

    public override void FinishSending()
    {
        _isSendFinished = true;
        _native.ShutdownSend();
    }

    public override void StopReceiving() => _native.ShutdownReceive();

    public override void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _rest = default;
            _poller.Remove(_native.Descriptor, _ticket);
            _native.Dispose();
        }
    }

    public override void Reset()
    {
        if (!_isClosed)
        {
            _native.SetLingerZero();
            Close();
        }
    }

    void IPollHandler.OnReady(Readiness readiness)
    {
        // Told even when nobody waits: a peer that left while the app takes nothing. Once both sides have finished, the same sign is
        // an ordinary end, and reading tells.
        if ((readiness & Readiness.Failed) != 0 && !_isSendFinished && !_isClosed)
        {
            Owner?.OnBroken();
            return;
        }

        _isReadable |= (readiness & Readiness.Readable) != 0;
        _isFinished |= (readiness & (Readiness.Finished | Readiness.Failed)) != 0;
        _isWritable |= (readiness & (Readiness.Writable | Readiness.Failed)) != 0;
        OnAgain();
    }

    private void OnAgain()
    {
        if (_isWritable && !_rest.IsEmpty && !_isClosed)
        {
            PushRest();
        }

        if ((_isReadable || _isFinished) && _isAwaiting && !_isClosed)
        {
            _isAwaiting = _isReadable = false;
            Owner?.OnReadable();
        }
    }

    private void PushRest()
    {
        int sent = TrySend(_rest.Span);
        if (sent == Broken)
        {
            _rest = default;
            Owner?.OnBroken();
        }
        else if (sent > 0)
        {
            _rest = _rest[sent..];
            if (_rest.IsEmpty)
            {
                Owner?.OnRestSent();
            }
            else
            {
                _engine.Post(Again, this); // A short write: the next one says whether the socket is really full.
            }
        }
    }
}
