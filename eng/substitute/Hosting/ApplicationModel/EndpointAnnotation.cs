using System.Globalization;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An address on which a resource listens.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    /// <summary>Describes the address.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="uriScheme">The scheme of its URL; the protocol's name when null.</param>
    /// <param name="transport">How it is spoken: "http", "http2" or the protocol's name.</param>
    /// <param name="name">The name; the scheme when null.</param>
    /// <param name="port">The port others use; any free one when null.</param>
    /// <param name="targetPort">The port the process listens on; as <paramref name="port"/> or any free one when null.</param>
    /// <param name="isExternal">Whether it is meant for callers outside the application.</param>
    /// <param name="isProxied">Whether the host may stand between callers and process.</param>
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null,
        int? port = null, int? targetPort = null, bool? isExternal = null, bool isProxied = true)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? (protocol == ProtocolType.Udp ? "udp" : "tcp");
        Transport = transport ?? (UriScheme is "http" or "https" ? "http" : UriScheme);
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied;
    }

    /// <summary>The name, unique within the resource.</summary>
    public string Name { get; set; }

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; set; }

    /// <summary>The port others use.</summary>
    public int? Port { get; set; }

    /// <summary>The port the process listens on.</summary>
    public int? TargetPort { get; set; }

    /// <summary>The scheme of the endpoint's URL.</summary>
    public string UriScheme { get; set; }

    /// <summary>The host name in the endpoint's URL.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>How it is spoken: "http", "http2", "tcp"…</summary>
    public string Transport { get; set; }

    /// <summary>Whether it is meant for callers outside the application.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether the host may stand between callers and process. The substitute never does: see its README.</summary>
    public bool IsProxied { get; set; }

    /// <summary>The address in use, once the application starts; with replicas that of the first.</summary>
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => Instances.Count > 0 ? Instances[0] : null;
        set => Instances = value is null ? [] : [value];
    }

    /// <summary>The addresses in use, one per replica.</summary>
    internal IReadOnlyList<AllocatedEndpoint> Instances { get; set; } = [];

    internal bool IsHttp => UriScheme is "http" or "https";
}

/// <summary>An address in use.</summary>
public sealed class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port)
{
    /// <summary>The endpoint it belongs to.</summary>
    public EndpointAnnotation Endpoint { get; } = endpoint;

    /// <summary>The host name.</summary>
    public string Address { get; } = address;

    /// <summary>The port.</summary>
    public int Port { get; } = port;

    /// <summary>The scheme.</summary>
    public string UriScheme => Endpoint.UriScheme;

    /// <summary>Host and port: <c>localhost:8080</c>.</summary>
    public string EndPointString => string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");

    /// <summary>The URL: <c>http://localhost:8080</c>.</summary>
    public string UriString => $"{UriScheme}://{EndPointString}";

    /// <inheritdoc/>
    public override string ToString() => UriString;
}
