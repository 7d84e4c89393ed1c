using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>Accepts connections and watches over them: how many, how long silent.</summary>
internal sealed class Listener : IAsyncDisposable
{
    /// <summary>A request or an answer may pause this long half-way, in ms: one minute, far above any stall of a live peer.</summary>
    private const int HalfWayMsMax = 60_000;

    /// <summary>How often the watch looks at all connections, in ms, at most: how late a silent one is closed.</summary>
    private const int WatchMsMax = 2_000;

    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _tasks = [];
    private readonly Broker _broker;
    private readonly NetEvents _events;

    private Listener(Broker broker, ILogger logger) => (_broker, _events) = (broker, new NetEvents(logger));

    public int Port { get; private set; }

    public int Connections => _connections.Count;

    public static Listener Open(Broker broker, ILogger logger)
    {
        var options = broker.Options;
        var listener = new Listener(broker, logger);
        bool loopback = options.Host is "127.0.0.1" or "localhost";
        if (!IPAddress.TryParse(loopback ? "127.0.0.1" : options.Host, out var address))
        {
            throw ServiceStartException.Configuration(
                $"host '{options.Host}' is no IP address; use 127.0.0.1, 0.0.0.0 or an address of this machine");
        }

        try
        {
            listener.Port = listener.Bind(address, options.Port);
        }
        catch (SocketException e)
        {
            string reason = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is in use by another process" : $"cannot be opened: {e.Message}";
            throw new ServiceStartException(
                $"port {options.Port} on {options.Host} {reason}; stop it or choose another with --port (0 takes a free one)");
        }

        // "localhost" means ::1 first to many clients. Where that port is taken or there is no IPv6, 127.0.0.1 has to do.
        if (loopback)
        {
            try
            {
                listener.Bind(IPAddress.IPv6Loopback, listener.Port);
            }
            catch (SocketException)
            {
                listener._events.NoIPv6(listener.Port);
            }
        }

        return listener;
    }

    public void Start()
    {
        foreach (var socket in _sockets)
        {
            _tasks.Add(Task.Run(() => AcceptAsync(socket)));
        }

        _tasks.Add(Task.Run(WatchAsync));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        await Task.WhenAll(_tasks); // Before the look at the connections: nobody adds one any more.
        foreach (var connection in _connections.Keys)
        {
            connection.Abort();
        }

        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
    }

    private int Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _sockets.Add(socket);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync(Socket listening)
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listening.AcceptAsync(_stop.Token);
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                // Out of descriptors, or the peer is gone already: try the next one, but not in a tight circle.
                _events.AcceptFailed(e.Message);
                await Task.Delay(50, CancellationToken.None);
                continue;
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            if (_connections.Count >= _broker.Options.ConnectionsMax)
            {
                _events.TooMany(_broker.Options.ConnectionsMax);
                socket.Dispose();
                continue;
            }

            try
            {
                Serve(new Connection(socket, _broker, _events));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                socket.Dispose(); // The peer left on the way here.
            }
        }
    }

    // Known before it runs: one that is over at once would else be added after it was forgotten, and count for ever.
    private void Serve(Connection connection)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = over.Task;
        _ = Task.Run(async () =>
        {
            await connection.RunAsync();
            _connections.TryRemove(connection, out _);
            over.SetResult();
        });
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Clamp(_broker.Options.IdleConnectionMs / 4, 100, WatchMsMax)));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var connection in _connections.Keys)
                {
                    connection.AbortWhenSilent(_broker.Options.IdleConnectionMs, HalfWayMsMax);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
