using System.Net;
using System.Net.Sockets;
using Sluice.Edge.Hosting;
using Sluice.Frames;
using Sluice.ServiceDefaults;

namespace Sluice.Edge.Transport;

/// <summary>A tcp server of the configuration: its listeners are the process's, its connections go round robin over the engines.</summary>
internal sealed class TcpServer(TcpServerOptions options, ITcpTransport transport, ConnectionLimit limit, ILogger logger) : IEdgeBinding
{
    private readonly List<ITcpListener> _listeners = [];
    private readonly List<TcpServerBinding> _bindings = [];
    private readonly LocalNames _names = new(options.Host);
    private uint _next;
    private int _isLimitTold;

    /// <summary>What the configuration says.</summary>
    public TcpServerOptions Options => options;

    /// <summary>Where sockets come from.</summary>
    public ITcpTransport Transport => transport;

    /// <summary>The addresses listened on.</summary>
    public IEnumerable<IPEndPoint> Addresses => _listeners.Select(listener => listener.Address);

    public IBinding Create(FrameEngine engine)
    {
        var binding = new TcpServerBinding(this, engine);
        _bindings.Add(binding);
        return binding;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (IPAddress address in await ResolveAsync(cancellationToken))
        {
            foreach (int port in options.Ports)
            {
                Listen(new IPEndPoint(address, port));
            }
        }

        foreach (ITcpListener listener in _listeners)
        {
            listener.Start(OnAccepted, OnTrouble);
            EdgeLog.Listening(logger, options.Name, listener.Address);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _listeners.ForEach(listener => listener.Dispose());
        _listeners.Clear();
        return Task.CompletedTask;
    }

    /// <summary>A connection is over. Any thread.</summary>
    public void Release()
    {
        limit.Release();
        Volatile.Write(ref _isLimitTold, 0);
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(options.Host, out IPAddress? address))
        {
            return [address];
        }

        try
        {
            return await Dns.GetHostAddressesAsync(options.Host, cancellationToken);
        }
        catch (SocketException exception)
        {
            throw new ServiceStartException(
                $"tcp server '{options.Name}' cannot listen on {options.Host}: {exception.Message}; change options.host");
        }
    }

    private void Listen(IPEndPoint address)
    {
        try
        {
            _listeners.Add(transport.Listen(address));
        }
        catch (SocketException exception)
        {
            _listeners.ForEach(listener => listener.Dispose());
            _listeners.Clear();
            throw new ServiceStartException($"tcp server '{options.Name}' cannot listen on {address}: {Advice(exception)}");
        }
    }

    private static string Advice(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use; free the port or change options.port",
        SocketError.AccessDenied => "not allowed; ports below 1024 need a privilege, change options.port",
        SocketError.AddressNotAvailable => "not an address of this machine; change options.host",
        _ => exception.Message,
    };

    // Any thread. Over the limit a connection is accepted and closed at once: left in the backlog it would hang without an answer.
    private void OnAccepted(Socket socket)
    {
        if (!limit.TryTake())
        {
            socket.Close(0);
            if (Interlocked.Exchange(ref _isLimitTold, 1) == 0)
            {
                EdgeLog.ConnectionLimitReached(logger, options.Name, limit.Max, ConnectionLimit.Key);
            }

            return;
        }

        _ = HandOverAsync(socket);
    }

    private async Task HandOverAsync(Socket socket)
    {
        string? authority = options.Routes.NeedsAuthority ? await _names.FindAsync(((IPEndPoint)socket.LocalEndPoint!).Address) : null;
        TcpServerBinding binding = _bindings[(int)(Interlocked.Increment(ref _next) % (uint)_bindings.Count)];
        binding.Engine.Post(() => binding.Adopt(socket, authority));
    }

    private void OnTrouble(SocketException exception) => EdgeLog.AcceptFailed(logger, options.Name, exception.Message);
}
