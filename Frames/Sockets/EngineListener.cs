using System.Net;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Sockets;

/// <summary>Takes the connections of one <see cref="EngineListener"/>. Engine thread.</summary>
public interface IEngineAcceptor
{
    /// <summary>A connection came; the socket is the acceptor's now.</summary>
    void OnAccepted(EngineSocket socket, IPEndPoint remote);

    /// <summary>Accepting fails, and is tried again; told at most every 10 s.</summary>
    /// <param name="reason">What the system says.</param>
    void OnTrouble(string reason);
}

/// <summary>A listening socket on one engine's epoll: connections are accepted in the engine's turn, in batches. Linux.</summary>
/// <remarks>
/// Engine thread only. Each engine has its own, on the same address (<see cref="EngineSocket.Listen(IPEndPoint, int)"/>), so no connection
/// changes threads. The kernel picks the listener by a hash of both ends: even over many connections, by chance over a few.
/// <para>
/// Out of descriptors, a connection would stay in the backlog without an answer and without further readiness. So a few descriptors are
/// kept in reserve: one is given up, the connection accepted with it and closed, and the reserve filled again. Where that fails too, or the
/// kernel is out of memory, accepting pauses.
/// </para>
/// </remarks>
public sealed class EngineListener : IPollHandler
{
    /// <summary>Connections that may wait in the system until they are accepted: a burst of a new front's clients.</summary>
    public const int BacklogMax = 1024;

    private const int AcceptsPerTurnMax = 64; // Connections that are open already get their turn too.
    private const int PauseMs = 100;          // Without descriptors or memory: some connections end before the next try.

    private const int ReportMs = 10_000;      // A flood is one line now and then, not a line each.

    private const int ReserveMax = 4;         // Anything in the process may take one in the moment that it is free; four moments are not that unlucky.

    private static readonly SendOrPostCallback Again = static state => ((EngineListener)state!).Accept();

    private readonly FrameEngine _engine;
    private readonly EngineSocket _socket;
    private readonly IEngineAcceptor _acceptor;
    private EngineTimer? _pause;
    private long _ticket = -1;
    private readonly Stack<int> _reserve = new(ReserveMax);
    private long _nextReportNs;

    /// <summary>Takes over a socket that listens.</summary>
    public EngineListener(FrameEngine engine, EngineSocket socket, IEngineAcceptor acceptor)
    {
        _engine = engine;
        _socket = socket;
        _acceptor = acceptor;
    }

    /// <summary>Starts to accept, those that wait already first.</summary>
    /// <exception cref="InvalidOperationException">The engine cannot watch the socket.</exception>
    public void Start()
    {
        FillReserve();
        _ticket = _engine.Poller?.Add(_socket.Descriptor, this) ?? -1;
        if (_ticket < 0)
        {
            throw new InvalidOperationException("the engine has no poller, or the kernel refuses to watch one more socket");
        }
    }

    /// <summary>Accepts what waits, then closes. Once closed it does nothing.</summary>
    public void Close()
    {
        if (_socket.Descriptor < 0)
        {
            return;
        }

        if (_ticket >= 0)
        {
            while (AcceptSome() == AcceptsPerTurnMax)
            {
            }

            _engine.Poller!.Remove(_socket.Descriptor, _ticket);
        }

        _pause?.Dispose();
        _socket.Dispose();
        while (_reserve.TryPop(out int descriptor))
        {
            Unix.Close(descriptor);
        }
    }

    void IPollHandler.OnReady(Readiness readiness) => Accept();

    private void Accept()
    {
        // Readiness is told once: whoever stops before the last one comes back by itself.
        if (_socket.Descriptor >= 0 && AcceptSome() == AcceptsPerTurnMax)
        {
            _engine.Post(Again, this);
        }
    }

    private int AcceptSome()
    {
        for (int count = 0; count < AcceptsPerTurnMax; count++)
        {
            if (_socket.Accept(out IPEndPoint? remote, out int error) is { } accepted)
            {
                _acceptor.OnAccepted(accepted, remote!);
                continue;
            }

            switch (-error)
            {
                case Unix.Eagain:
                    return count;
                case Unix.Emfile:
                    Report("the process is out of descriptors, connections are turned away");
                    if (TryTurnAway())
                    {
                        break;
                    }

                    Pause();
                    return count;
                case Unix.Enfile or Unix.Enobufs or Unix.Enomem:
                    Report($"the system is out of descriptors or memory (error {-error})");
                    Pause();
                    return count;
                case 9 or 22 or 88: // EBADF, EINVAL, ENOTSOCK: this is no listening socket any more.
                    Report($"the listening socket failed (error {-error})");
                    return count;
                default:
                    break; // ECONNABORTED, EINTR, EPROTO, EPERM...: that client left, or its network did (accept(2)).
            }
        }

        return AcceptsPerTurnMax;
    }

    private bool TryTurnAway()
    {
        FillReserve();
        while (_reserve.TryPop(out int descriptor))
        {
            Unix.Close(descriptor);
            EngineSocket? accepted = _socket.Accept(out _, out int error);
            accepted?.Dispose();
            if (error != -Unix.Emfile)
            {
                FillReserve();
                return accepted is not null;
            }
        }

        return false;
    }

    private void FillReserve()
    {
        while (_reserve.Count < ReserveMax && Unix.OpenNothing() is >= 0 and int descriptor)
        {
            _reserve.Push(descriptor);
        }
    }

    private void Pause()
    {
        _pause?.Dispose();
        _pause = _engine.Schedule(PauseMs, static state => ((EngineListener)state!).Accept(), this);
    }

    private void Report(string reason)
    {
        if (_engine.NowNs >= _nextReportNs)
        {
            _nextReportNs = _engine.NowNs + (ReportMs * 1_000_000L);
            _acceptor.OnTrouble(reason);
        }
    }
}
