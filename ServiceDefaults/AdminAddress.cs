using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace Sluice.ServiceDefaults;

/// <summary>
/// Where a service listens for its host: the http addresses of ASPNETCORE_URLS (or every address at the ports of HTTP_PORTS) speak
/// HTTP/1.1 (health, administration); the one whose port is SLUICE_GRPC_PORT speaks HTTP/2 without TLS (gRPC).
/// </summary>
public sealed class AdminAddress
{
    /// <summary>Names the port (0-65535, 0 any free one) on which the service offers its gRPC contract.</summary>
    public const string GrpcPortKey = "SLUICE_GRPC_PORT";

    private readonly IReadOnlyList<BindingAddress> _addresses;
    private readonly int? _grpcPort;

    private AdminAddress(IReadOnlyList<BindingAddress> addresses, int? grpcPort)
    {
        _addresses = addresses;
        _grpcPort = grpcPort;
    }

    internal static AdminAddress Read(IConfiguration configuration)
    {
        const StringSplitOptions Clean = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        IEnumerable<string> urls = (configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', Clean);
        IEnumerable<string> ports = (configuration[WebHostDefaults.HttpPortsKey] ?? "").Split(';', Clean).Select(port => $"http://*:{port}");
        return new AdminAddress([.. (urls.Any() ? urls : ports).Select(Parse)], ReadGrpcPort(configuration));
    }

    internal void Listen(KestrelServerOptions kestrel)
    {
        foreach (BindingAddress address in _addresses)
        {
            Bind(kestrel, address, IsGrpc(address) ? HttpProtocols.Http2 : HttpProtocols.Http1);
        }

        if (_addresses.All(IsGrpc))
        {
            // Started by hand: any free port, printed at start, so that services do not meet on Kestrel's 5000.
            kestrel.Listen(IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http1);
        }

        if (_grpcPort is int port && !_addresses.Any(IsGrpc))
        {
            kestrel.Listen(IPAddress.Loopback, port, options => options.Protocols = HttpProtocols.Http2);
        }
    }

    private bool IsGrpc(BindingAddress address) => address.Port == _grpcPort && address.Port != 0;

    private static int? ReadGrpcPort(IConfiguration configuration)
    {
        string? text = configuration[GrpcPortKey];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535
            ? port
            : throw ServiceStartException.Configuration($"{GrpcPortKey}={text} is not a port: give a number from 0 to 65535");
    }

    private static BindingAddress Parse(string address)
    {
        try
        {
            BindingAddress parsed = BindingAddress.Parse(address);
            return parsed.Scheme == Uri.UriSchemeHttp && !parsed.IsUnixPipe && !parsed.IsNamedPipe
                ? parsed
                : throw ServiceStartException.Configuration($"ASPNETCORE_URLS: '{address}' is not an http address, such as http://127.0.0.1:8080");
        }
        catch (FormatException)
        {
            throw ServiceStartException.Configuration($"ASPNETCORE_URLS: '{address}' is not an address, such as http://127.0.0.1:8080");
        }
    }

    private static void Bind(KestrelServerOptions kestrel, BindingAddress address, HttpProtocols protocols)
    {
        void Configure(ListenOptions options) => options.Protocols = protocols;

        if (IPAddress.TryParse(address.Host, out IPAddress? ip))
        {
            kestrel.Listen(ip, address.Port, Configure);
        }
        else if (!string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenAnyIP(address.Port, Configure);
        }
        else if (address.Port == 0)
        {
            kestrel.Listen(IPAddress.Loopback, 0, Configure); // Kestrel cannot give two loopback addresses the same free port.
        }
        else
        {
            kestrel.ListenLocalhost(address.Port, Configure);
        }
    }
}
