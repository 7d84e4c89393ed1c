using System.Net;
using Sluice.Frames;
using Sluice.Frames.Sockets;

namespace Sluice.Edge.Transport;

/// <summary>
/// Sockets on the engines' own epoll: every engine has a listening socket of its own on the address, and what it accepts it keeps. No
/// other thread is involved. Linux; engines without a poller get the stock transport.
/// </summary>
/// <param name="runDirectory">The suite's, where replicas agree on sharing an address; null for a process that shares with nobody.</param>
internal sealed class EpollTransport(string? runDirectory) : ITcpTransport
{
    private readonly StockTransport _stock = new();

    public async Task<ITcpListener> ListenAsync(
        IPEndPoint address, long owner, IReadOnlyList<FrameEngine> engines, CancellationToken cancellationToken)
    {
        if (engines.Any(engine => engine.Poller is null))
        {
            return await _stock.ListenAsync(address, owner, engines, cancellationToken).ConfigureAwait(false);
        }

        using AddressClaim.Turn? turn = runDirectory is null || address.Port == 0
            ? null
            : await AddressClaim.WaitAsync(runDirectory, owner, address, cancellationToken).ConfigureAwait(false);
        return EpollListener.Open(address, engines, turn);
    }

    private sealed class EpollListener : ITcpListener
    {
        private const int StopMsMax = 5000; // An engine that does not turn any more has lost its connections anyway.

        private readonly IReadOnlyList<FrameEngine> _engines;
        private readonly List<EngineSocket> _sockets = [];
        private EngineListener[] _listeners = [];
        private AddressClaim? _claim;

        private EpollListener(IPEndPoint address, IReadOnlyList<FrameEngine> engines)
        {
            Address = address;
            _engines = engines;
        }

        public IPEndPoint Address { get; private set; }

        // The first socket is bound alone, so that a port which anybody else has is refused, whether they share or not; then it is opened to
        // the other engines and to replicas. A replica that comes later finds the claim, and shares at once.
        public static EpollListener Open(IPEndPoint address, IReadOnlyList<FrameEngine> engines, AddressClaim.Turn? turn)
        {
            var listener = new EpollListener(address, engines);
            try
            {
                bool isFirst = turn?.IsFirst ?? true;
                EngineSocket first = isFirst
                    ? EngineSocket.ListenAlone(address, EngineListener.BacklogMax)
                    : EngineSocket.Listen(address, EngineListener.BacklogMax);
                listener._sockets.Add(first);
                listener.Address = first.LocalEndPoint ?? address;
                if (isFirst && (turn is not null || engines.Count > 1))
                {
                    first.Share();
                }

                while (listener._sockets.Count < engines.Count)
                {
                    listener._sockets.Add(EngineSocket.Listen(listener.Address, EngineListener.BacklogMax));
                }

                listener._claim = turn?.Keep();
                return listener;
            }
            catch
            {
                listener._sockets.ForEach(socket => socket.Dispose());
                throw;
            }
        }

        public void Start(ITcpAcceptor acceptor)
        {
            bool isAny = Address.Address.Equals(IPAddress.Any) || Address.Address.Equals(IPAddress.IPv6Any);
            _listeners = [.. _engines.Zip(_sockets, (engine, socket) =>
                new EngineListener(engine, socket, new Acceptor(engine, acceptor, isAny ? null : Address)))];
            foreach ((FrameEngine engine, EngineListener listener) in _engines.Zip(_listeners))
            {
                engine.Post(listener.Start);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_listeners.Length == 0)
            {
                _sockets.ForEach(socket => socket.Dispose());
            }

            await Task.WhenAll(_engines.Zip(_listeners, CloseAsync)).WaitAsync(TimeSpan.FromMilliseconds(StopMsMax))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _claim?.Dispose(); // Last: while we listen, nobody may think the address free.
            _claim = null;
        }

        private static Task CloseAsync(FrameEngine engine, EngineListener listener)
        {
            var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            engine.Post(() =>
            {
                listener.Close();
                closed.SetResult();
            });
            return closed.Task;
        }
    }

    private sealed class Acceptor(FrameEngine engine, ITcpAcceptor acceptor, IPEndPoint? local) : IEngineAcceptor
    {
        // Over the limit a connection is accepted and closed at once: left in the backlog it would hang without an answer.
        public void OnAccepted(EngineSocket socket, IPEndPoint remote)
        {
            if (!acceptor.TryTakePlace())
            {
                socket.Dispose();
            }
            else if (EpollSocket.TryAdopt(socket, local, remote, engine) is { } adopted)
            {
                acceptor.OnAccepted(engine, adopted);
            }
            else
            {
                socket.Dispose();
                acceptor.GivePlaceBack();
            }
        }

        public void OnTrouble(string reason) => acceptor.OnTrouble(reason);
    }
}
