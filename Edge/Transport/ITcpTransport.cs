using System.Net;
using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>
/// How this room meets the operating system: connections arrive on an engine, as <see cref="TcpSocket"/>s of that engine. Our own codecs
/// take them as they are (<see cref="TcpServer"/>), Kestrel through <see cref="Kestrel.EngineTransportFactory"/>.
/// </summary>
internal interface ITcpTransport
{
    /// <summary>Binds an address. Clients may connect from now on, and wait until <see cref="ITcpListener.Start"/>.</summary>
    /// <param name="address">Where; port 0 for any free one.</param>
    /// <param name="owner">Who listens: the same owner in another process of this suite may share the address, nobody else.</param>
    /// <param name="engines">Who gets the connections.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">The address is taken or is not ours.</exception>
    /// <exception cref="IOException">The run directory cannot be used; the message says why.</exception>
    Task<ITcpListener> ListenAsync(IPEndPoint address, long owner, IReadOnlyList<FrameEngine> engines, CancellationToken cancellationToken);
}

/// <summary>One bound address. Disposing takes no new connection any more; those under way go on.</summary>
internal interface ITcpListener : IAsyncDisposable
{
    /// <summary>The address, with the port that the system chose when 0 was asked for.</summary>
    IPEndPoint Address { get; }

    /// <summary>Starts accepting. Once.</summary>
    void Start(ITcpAcceptor acceptor);
}

/// <summary>Who takes the connections of a listener.</summary>
internal interface ITcpAcceptor
{
    /// <summary>Takes a place for a connection; false closes it at once. Any thread.</summary>
    bool TryTakePlace();

    /// <summary>The connection was lost before it came. Any thread.</summary>
    void GivePlaceBack();

    /// <summary>A connection, with its place; from here on it is the acceptor's. The engine's thread.</summary>
    void OnAccepted(FrameEngine engine, TcpSocket socket);

    /// <summary>Accepting fails and is tried again. Any thread.</summary>
    void OnTrouble(string reason);
}
