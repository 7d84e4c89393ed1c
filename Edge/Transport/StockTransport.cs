using System.Net;
using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>The .NET sockets: one event loop of the runtime waits for all of them and posts to the engine each belongs to.</summary>
internal sealed class StockTransport : ITcpTransport
{
    /// <summary>Connections that may wait in the system until they are accepted: a burst of a new front's clients.</summary>
    private const int BacklogMax = 1024;

    public ITcpListener Listen(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = address.Address.Equals(IPAddress.IPv6Any);
            }

            socket.Bind(address);
            socket.Listen(BacklogMax);
            return new StockListener(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public TcpSocket Adopt(Socket socket, FrameEngine engine) => new StockSocket(socket, engine);

    private sealed class StockListener(Socket socket) : ITcpListener
    {
        private const int TroublePauseMs = 100; // Out of descriptors: let some connections end before the next try.

        private readonly CancellationTokenSource _stop = new();

        public IPEndPoint Address { get; } = (IPEndPoint)socket.LocalEndPoint!;

        public void Start(Action<Socket> onAccepted, Action<SocketException> onTrouble) => _ = AcceptAsync(onAccepted, onTrouble);

        public void Dispose()
        {
            _stop.Cancel();
            socket.Dispose();
            _stop.Dispose();
        }

        private async Task AcceptAsync(Action<Socket> onAccepted, Action<SocketException> onTrouble)
        {
            CancellationToken stop = _stop.Token;
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    onAccepted(await socket.AcceptAsync(stop).ConfigureAwait(false));
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
                    onTrouble(exception);
                    await Task.Delay(TroublePauseMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
