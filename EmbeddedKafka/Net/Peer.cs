using System.Net;
using Sluice.EmbeddedKafka.Sasl;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>The other end of one connection, and what the broker remembers of it; used by the connection's own task only.</summary>
internal sealed class Peer(IPEndPoint localEndPoint, string host, UserTable users, CancellationToken closing)
{
    /// <summary>The address of ours it reached.</summary>
    public IPEndPoint LocalEndPoint { get; } = localEndPoint;

    /// <summary>Its address, as groups tell it: "/127.0.0.1".</summary>
    public string Host { get; } = host;

    /// <summary>Cancelled when the connection or the broker ends.</summary>
    public CancellationToken Closing { get; } = closing;

    /// <summary>Who it says it is.</summary>
    public SaslSession Sasl { get; } = new(users);

    /// <summary>The fetch session it opened, if any.</summary>
    public FetchSession? Session { get; set; }
}
