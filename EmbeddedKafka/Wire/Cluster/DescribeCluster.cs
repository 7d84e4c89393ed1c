namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DescribeCluster: one broker, which is its own controller.</summary>
internal sealed class DescribeCluster() : Api(ApiKey.DescribeCluster, 0, 2, flexibleFrom: 0)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        reader.Bool();
        sbyte endpointType = request.Version >= 1 ? reader.Int8() : (sbyte)1;
        if (request.Version >= 2)
        {
            reader.Bool();
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var (host, port) = request.Broker.AddressFor(request.Peer);
        reply.Int32(0);
        reply.Error(ErrorCode.None);
        reply.String(null);
        if (request.Version >= 1)
        {
            reply.Int8(endpointType);
        }

        reply.String(request.Broker.ClusterId);
        reply.Int32(Broker.NodeId);
        reply.Array(1);
        reply.Int32(Broker.NodeId);
        reply.String(host);
        reply.Int32(port);
        reply.String(null);
        if (request.Version >= 2)
        {
            reply.Bool(false);
        }

        reply.Tags();
        reply.Int32(int.MinValue);
        reply.Tags();
        return new(Outcome.Reply);
    }
}
