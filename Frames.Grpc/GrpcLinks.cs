using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.ServiceDiscovery;
using Sluice.Frames.Grpc.Wire;
using Sluice.Frames.Links;

namespace Sluice.Frames.Grpc;

/// <summary>The gRPC links of a process: it answers rooms on other hosts, and looks for those its own routes lead to. A singleton.</summary>
/// <remarks>In Hosting: see <see cref="GrpcLinkOptIn"/>.</remarks>
public sealed class GrpcLinks : IRemoteLinks
{
    private readonly IConfiguration _configuration;
    private readonly ServiceEndpointResolver _resolver;
    private readonly IHttpMessageHandlerFactory _handlers;
    private readonly IHostApplicationLifetime? _lifetime;
    private volatile GrpcLinkListener? _listener;
    private string? _lastStranger;

    /// <summary>Made by the container.</summary>
    public GrpcLinks(IConfiguration configuration, ServiceEndpointResolver resolver, IHttpMessageHandlerFactory handlers, IHostApplicationLifetime? lifetime = null)
    {
        _configuration = configuration;
        _resolver = resolver;
        _handlers = handlers;
        _lifetime = lifetime;
    }

    /// <summary>
    /// Answers calls for these engines from now on. Connects to each room of <see cref="EngineGroupOptions.ConnectTo"/> that has an
    /// address (<c>services__ROOM__link__0</c>) and, unless SLUICE_LINKS=grpc, no instance on this host. Nothing with SLUICE_LINKS=shm.
    /// The group disposes of it all before its engines stop.
    /// </summary>
    public void Join(EngineGroup group)
    {
        if (group.Links == LinkChoice.SharedMemory)
        {
            return;
        }

        var listener = new GrpcLinkListener(group, _lifetime?.ApplicationStopping ?? CancellationToken.None);
        _listener = listener;
        group.AddLink(listener);
        foreach (string room in group.Options.ConnectTo.Distinct())
        {
            if (_configuration.GetSection($"services:{room}:{LinkAddresses.EndpointName}").GetChildren().Any())
            {
                group.AddLink(new GrpcLinkConnector(group, room, new LinkAddresses(_resolver, room, LinkTls.IsConfigured(_configuration)), _handlers));
            }
            else if (group.Links == LinkChoice.Grpc)
            {
                group.Options.Observer.OnLinkRefused(room, $"{LinkChoices.Variable} is grpc and {room} has no address: set services__{room}__{LinkAddresses.EndpointName}__0");
            }
        }
    }

    /// <summary>The hello of this process in its wire form.</summary>
    internal static Hello HelloOf(EngineGroup group) => new()
    {
        Version = LinkHello.ProtocolVersion,
        Room = group.Options.Room,
        Instance = group.Instance,
        Host = Environment.MachineName,
        ProcessId = Environment.ProcessId,
        Engines = group.Engines.Count,
    };

    /// <summary>Why this hello cannot be the start of a link; null when it can.</summary>
    internal static string? Objection(Hello? hello) => hello switch
    {
        null => "sends no hello",
        _ when hello.Version != LinkHello.ProtocolVersion => $"speaks link protocol {hello.Version}, this process speaks {LinkHello.ProtocolVersion}: run the same release everywhere",
        _ when hello.Engines is < 1 or > 64 => $"announces {hello.Engines} engines; from 1 to 64",
        _ => null,
    };

    /// <summary>Somebody showed a certificate that is not of our authority. Said once for each name in a row: it will come again.</summary>
    internal void OnStranger(string name)
    {
        if (Interlocked.Exchange(ref _lastStranger, name) != name)
        {
            _listener?.Refuse($"a caller with the certificate '{name}' is not of the authority in {LinkTls.AuthorityKey}");
        }
    }

    internal GrpcLinkListener Listener(ServerCallContext context)
    {
        GrpcLinkListener listener = _listener ?? throw new RpcException(new Status(StatusCode.Unavailable, "the engines are not up yet"));
        Microsoft.AspNetCore.Http.HttpContext http = context.GetHttpContext();
        bool isLocal = http.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote);
        string? refusal = LinkTls.IsConfigured(_configuration) && http.Connection.ClientCertificate is null
            ? "links need a client certificate (SLUICE_LINK_CERT) on the address SLUICE_LINK_ADDRESS"
            : !isLocal && !http.Request.IsHttps && !_configuration.GetValue<bool>(LinkTls.InsecureKey)
                ? $"links from other hosts need TLS: set {LinkTls.CertificateKey}, {LinkTls.PrivateKeyKey} and {LinkTls.AuthorityKey}, or {LinkTls.InsecureKey}=true on a network that is private"
                : null;
        return refusal is null ? listener : throw new RpcException(new Status(StatusCode.PermissionDenied, refusal));
    }
}
