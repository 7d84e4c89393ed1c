using Sluice.EmbeddedKafka.Net;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>One request as it lies in its connection's receive buffer; valid until its handler has finished.</summary>
internal sealed class Request(Broker broker, Peer peer)
{
    public Broker Broker { get; } = broker;

    public Peer Peer { get; } = peer;

    public Api Api { get; private set; } = null!;

    public short Version { get; private set; }

    public int CorrelationId { get; private set; }

    public string ClientId { get; private set; } = "";

    /// <summary>The body after the header. Produce writes offsets into it before it goes to the log.</summary>
    public Memory<byte> Body { get; private set; }

    public WireReader Reader() => new(Body.Span, Api.IsFlexible(Version));

    public void Set(Api api, short version, int correlationId, string clientId, Memory<byte> body)
    {
        Api = api;
        Version = version;
        CorrelationId = correlationId;
        ClientId = clientId;
        Body = body;
    }
}
