using System.Net;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>The other end of one connection.</summary>
/// <param name="LocalEndPoint">The address of ours it reached.</param>
/// <param name="Host">Its address, as groups tell it: "/127.0.0.1".</param>
/// <param name="Closing">Cancelled when the connection or the broker ends.</param>
internal sealed record Peer(IPEndPoint LocalEndPoint, string Host, CancellationToken Closing);
