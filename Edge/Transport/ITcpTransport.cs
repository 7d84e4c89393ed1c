using System.Net;
using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>How the tcp binding meets the operating system. The stock sockets now; epoll on the engine's own loop may follow.</summary>
internal interface ITcpTransport
{
    /// <summary>Binds an address. Nothing is accepted until <see cref="ITcpListener.Start"/>.</summary>
    /// <exception cref="SocketException">The address is taken or is not ours.</exception>
    ITcpListener Listen(IPEndPoint address);

    /// <summary>Gives an accepted socket to an engine, for life.</summary>
    TcpSocket Adopt(Socket socket, FrameEngine engine);
}

/// <summary>One bound address.</summary>
internal interface ITcpListener : IDisposable
{
    /// <summary>The address, with the port that the system chose when 0 was asked for.</summary>
    IPEndPoint Address { get; }

    /// <summary>Starts accepting; the callback comes on any thread and owns the socket.</summary>
    void Start(Action<Socket> onAccepted, Action<SocketException> onTrouble);
}
