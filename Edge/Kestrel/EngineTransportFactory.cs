using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Sluice.Edge.Hosting;
using Sluice.Edge.Transport;
using Sluice.Frames;

namespace Sluice.Edge.Kestrel;

/// <summary>
/// The engines' sockets as a transport of Kestrel: any Kestrel host that gets this factory reads, parses and answers on the engines' threads.
/// </summary>
/// <remarks>
/// Edge's own http servers do not listen here: their connections come as streams, maybe through other bindings, and meet Kestrel through
/// the same <see cref="EngineConnection"/>. This is the shorter way for a host without bindings, and the yardstick of both.
/// </remarks>
/// <param name="transport">Where sockets come from.</param>
/// <param name="engines">Who gets them.</param>
/// <param name="limit">Connections at once; null leaves that to Kestrel's own limits.</param>
/// <param name="logger">For trouble with accepting.</param>
internal sealed class EngineTransportFactory(ITcpTransport transport, IReadOnlyList<FrameEngine> engines, ConnectionLimit? limit, ILogger logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    // Not the id of any binding: those name two strings joined by a colon.
    private const long Owner = -1;

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    /// <exception cref="AddressInUseException">Somebody else listens there.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        try
        {
            ITcpListener listener = await transport.ListenAsync((IPEndPoint)endpoint, Owner, engines, cancellationToken).ConfigureAwait(false);
            var bound = new Listener(listener, engines, limit, logger);
            listener.Start(bound);
            return bound;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    private sealed class Listener : IConnectionListener, ITcpAcceptor
    {
        private readonly ITcpListener _listener;
        private readonly ConnectionLimit? _limit;
        private readonly ILogger _logger;
        private readonly Dictionary<FrameEngine, EnginePipes> _pipes;
        private long _accepted;

        // Unbounded, yet bounded by the limit of connections: each waits here once.
        private readonly Channel<SocketConnection> _offered = Channel.CreateUnbounded<SocketConnection>(new UnboundedChannelOptions { SingleReader = true });

        public Listener(ITcpListener listener, IReadOnlyList<FrameEngine> engines, ConnectionLimit? limit, ILogger logger)
        {
            _listener = listener;
            _limit = limit;
            _logger = logger;
            _pipes = engines.ToDictionary(engine => engine, engine => new EnginePipes(engine));
        }

        public EndPoint EndPoint => _listener.Address;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _offered.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _offered.Reader.TryRead(out SocketConnection? connection)
                ? connection
                : null;

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
            _offered.Writer.TryComplete();
        }

        public async ValueTask DisposeAsync()
        {
            await UnbindAsync().ConfigureAwait(false);
            while (_offered.Reader.TryRead(out SocketConnection? nobodys))
            {
                nobodys.Abort(new ConnectionAbortedException("The server stops."));
                await nobodys.DisposeAsync().ConfigureAwait(false);
            }
        }

        public bool TryTakePlace() => _limit?.TryTake() ?? true;

        public void GivePlaceBack() => _limit?.Release();

        public void OnAccepted(FrameEngine engine, TcpSocket socket)
        {
            var connection = new SocketConnection(_pipes[engine], socket, this, Interlocked.Increment(ref _accepted));
            connection.Start();
            if (!_offered.Writer.TryWrite(connection))
            {
                connection.Abort(new ConnectionAbortedException("The server stops."));
                _ = connection.DisposeAsync().AsTask();
            }
        }

        public void OnTrouble(string reason) => EdgeLog.AcceptFailed(_logger, $"kestrel on {_listener.Address}", reason);
    }
}
