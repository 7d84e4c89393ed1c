using System.Net.Sockets;
using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>The tcp server on one engine: turns sockets it is given into streams to the route's exit.</summary>
/// <remarks>Streams start here and none is opened to it. All members on the engine's thread.</remarks>
internal sealed class TcpServerBinding(TcpServer server, FrameEngine engine) : IBinding
{
    private long _lastTrace;

    /// <summary>The binding's id.</summary>
    public long Id => server.Options.Id;

    /// <summary>The engine it runs on.</summary>
    public FrameEngine Engine => engine;

    public StreamHandler? Accept(in BeginFrame begin) => null;

    /// <summary>Takes an accepted socket for which a place was taken in the service's limit.</summary>
    public void Adopt(Socket socket, string? authority)
    {
        TcpSocket adopted;
        try
        {
            adopted = server.Transport.Adopt(socket, engine);
        }
        catch (SocketException)
        {
            socket.Dispose(); // The client left on the way here.
            Release();
            return;
        }

        if (server.Options.Routes.Find(adopted.Local, authority) is not TcpRoute route)
        {
            adopted.Close();
            Release();
            return;
        }

        new TcpServerStream(this, adopted).Open(route.ExitId, NextTrace());
    }

    /// <summary>A connection is over.</summary>
    public void Release() => server.Release();

    // The engine's number in the top byte keeps traces of two engines apart (config-core §2.7).
    private long NextTrace() => ((long)(engine.Index + 1) << 56) | ++_lastTrace;
}
