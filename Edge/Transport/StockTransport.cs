using System.Net;
using System.Net.Sockets;
using Sluice.Frames;
using Sluice.Frames.Sockets;

namespace Sluice.Edge.Transport;

/// <summary>The .NET sockets: one event loop of the runtime waits for all of them and posts to the engine each belongs to.</summary>
/// <remarks>One listening socket for all engines, which get its connections in turn. An address is never shared with another process.</remarks>
internal sealed class StockTransport : ITcpTransport
{
    public Task<ITcpListener> ListenAsync(
        IPEndPoint address, long owner, IReadOnlyList<FrameEngine> engines, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = address.Address.Equals(IPAddress.IPv6Any);
            }

            socket.Bind(address);
            socket.Listen(EngineListener.BacklogMax);
            return Task.FromResult<ITcpListener>(new StockListener(socket, engines));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class StockListener(Socket socket, IReadOnlyList<FrameEngine> engines) : ITcpListener
    {
        private const int TroublePauseMs = 100; // Out of descriptors: let some connections end before the next try.

        private readonly CancellationTokenSource _stop = new();
        private Task _accepting = Task.CompletedTask;
        private uint _next;

        public IPEndPoint Address { get; } = (IPEndPoint)socket.LocalEndPoint!;

        public void Start(ITcpAcceptor acceptor) => _accepting = AcceptAsync(acceptor);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            socket.Dispose();
            await _accepting.ConfigureAwait(false);
        }

        private async Task AcceptAsync(ITcpAcceptor acceptor)
        {
            CancellationToken stop = _stop.Token;
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    Deal(await socket.AcceptAsync(stop).ConfigureAwait(false), acceptor);
                }
                catch (SocketException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    // The client left before we came to it.
                }
                catch (SocketException exception)
                {
                    acceptor.OnTrouble(exception.Message);
                    await Task.Delay(TroublePauseMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
                {
                    return;
                }
            }
        }

        // Over the limit a connection is accepted and closed at once: left in the backlog it would hang without an answer.
        private void Deal(Socket accepted, ITcpAcceptor acceptor)
        {
            if (!acceptor.TryTakePlace())
            {
                accepted.Close(0);
                return;
            }

            FrameEngine engine = engines[(int)(_next++ % (uint)engines.Count)];
            if (!engine.TryPost(_ => Adopt(accepted, engine, acceptor)))
            {
                accepted.Close(0); // The engine is far behind: those it has come first.
                acceptor.GivePlaceBack();
            }
        }

        private static void Adopt(Socket accepted, FrameEngine engine, ITcpAcceptor acceptor)
        {
            StockSocket adopted;
            try
            {
                adopted = new StockSocket(accepted, engine);
            }
            catch (SocketException)
            {
                accepted.Dispose(); // The client left on the way here.
                acceptor.GivePlaceBack();
                return;
            }

            acceptor.OnAccepted(engine, adopted);
        }
    }
}
