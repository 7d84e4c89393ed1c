using Sluice.Frames;

namespace Sluice.Edge.Transport;

/// <summary>The tcp server on one engine: turns connections that arrive there into streams to the route's exit.</summary>
/// <remarks>Streams start here and none is opened to it. All members on the engine's thread.</remarks>
internal sealed class TcpServerBinding(TcpServer server, FrameEngine engine) : IBinding
{
    private long _lastTrace;

    /// <summary>The binding's id.</summary>
    public long Id => server.Options.Id;

    /// <summary>The engine it runs on.</summary>
    public FrameEngine Engine => engine;

    public StreamHandler? Accept(in BeginFrame begin) => null;

    /// <summary>Takes a connection for which a place was taken in the service's limit.</summary>
    public void OnAccepted(TcpSocket socket)
    {
        if (!engine.Memory.TryAdmitHelp())
        {
            socket.Close(); // At once: left in the backlog it would hang without an answer.
            Release();
            return;
        }

        if (!server.Options.Routes.NeedsAuthority)
        {
            Open(socket, null);
            return;
        }

        _ = OpenWhenNamedAsync(socket); // It waits once for each address of this machine; then the answer is known.
    }

    /// <summary>A connection is over.</summary>
    public void Release() => server.GivePlaceBack();

    private async Task OpenWhenNamedAsync(TcpSocket socket) => Open(socket, await server.FindNameAsync(socket.Local.Address));

    private void Open(TcpSocket socket, string? authority)
    {
        if (server.Options.Routes.Find(socket.Local, authority) is not TcpRoute route)
        {
            socket.Close();
            Release();
            return;
        }

        new TcpServerStream(this, socket).Open(route.ExitId, NextTrace());
    }

    // The engine's number in the top byte keeps traces of two engines apart (config-core §2.7).
    private long NextTrace() => ((long)(engine.Index + 1) << 56) | ++_lastTrace;
}
