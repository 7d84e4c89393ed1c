using System.Net;
using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>Sockets on the engine's own epoll: readiness comes in the engine's turn, with no other thread in between. Linux.</summary>
/// <remarks>Listening stays with the stock transport: accepting is rare. An engine without a poller gets a stock socket.</remarks>
internal sealed class EpollTransport : ITcpTransport
{
    private readonly StockTransport _stock = new();

    public ITcpListener Listen(IPEndPoint address) => _stock.Listen(address);

    public TcpSocket Adopt(Socket socket, FrameEngine engine) =>
        EpollSocket.TryAdopt(socket, engine) ?? _stock.Adopt(socket, engine);
}
