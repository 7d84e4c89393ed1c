using System.Net;
using System.Net.Sockets;
using Sluice.Edge.Hosting;
using Sluice.Frames;
using Sluice.ServiceDefaults;

namespace Sluice.Edge.Transport;

/// <summary>A tcp server of the configuration: where it listens, and its part on each engine.</summary>
internal sealed class TcpServer(TcpServerOptions options, ITcpTransport transport, ConnectionLimit limit, ILogger logger) : IEdgeBinding, ITcpAcceptor
{
    private readonly List<ITcpListener> _listeners = [];
    private readonly List<TcpServerBinding> _bindings = [];
    private readonly LocalNames _names = new(options.Host);

    /// <summary>What the configuration says.</summary>
    public TcpServerOptions Options => options;

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
                await ListenAsync(new IPEndPoint(address, port), cancellationToken);
            }
        }

        foreach (ITcpListener listener in _listeners)
        {
            listener.Start(this);
            EdgeLog.Listening(logger, options.Name, listener.Address);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (ITcpListener listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        _listeners.Clear();
    }

    /// <summary>The name behind a local address, for routes with an <c>authority</c>. Any thread.</summary>
    public Task<string?> FindNameAsync(IPAddress address) => _names.FindAsync(address);

    public bool TryTakePlace()
    {
        if (limit.TryTake())
        {
            return true;
        }

        if (limit.IsNews())
        {
            EdgeLog.ConnectionLimitReached(logger, options.Name, limit.Max, ConnectionLimit.Key);
        }

        return false;
    }

    /// <summary>A connection is over. Any thread.</summary>
    public void GivePlaceBack() => limit.Release();

    public void OnAccepted(FrameEngine engine, TcpSocket socket) => _bindings.Find(binding => binding.Engine == engine)!.OnAccepted(socket);

    public void OnTrouble(string reason) => EdgeLog.AcceptFailed(logger, options.Name, reason);

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

    private async Task ListenAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            _listeners.Add(await transport.ListenAsync(address, options.Id, [.. _bindings.Select(binding => binding.Engine)], cancellationToken));
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            await StopAsync(cancellationToken);
            throw new ServiceStartException($"tcp server '{options.Name}' cannot listen on {address}: {Advice(exception)}");
        }
    }

    private static string Advice(Exception exception) => (exception as SocketException)?.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use; free the port or change options.port",
        SocketError.AccessDenied => "not allowed; ports below 1024 need a privilege, change options.port",
        SocketError.AddressNotAvailable => "not an address of this machine; change options.host",
        _ => exception.Message,
    };
}
