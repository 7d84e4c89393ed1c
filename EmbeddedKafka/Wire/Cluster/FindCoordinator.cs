namespace Sluice.EmbeddedKafka.Wire;

/// <summary>FindCoordinator: this broker coordinates every group and every transaction.</summary>
internal sealed class FindCoordinator() : Api(ApiKey.FindCoordinator, 0, 5, flexibleFrom: 3)
{
    private const sbyte Group = 0, Transaction = 1;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        string[] keys = version >= 4 ? [] : [reader.String()];
        sbyte type = version >= 1 ? reader.Int8() : Group;
        if (version >= 4)
        {
            keys = new string[Math.Max(reader.Array(), 0)];
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = reader.String();
            }
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        if (version >= 1)
        {
            reply.Int32(0);
        }

        if (version >= 4)
        {
            reply.Array(keys.Length);
            foreach (string key in keys)
            {
                reply.String(key);
                WriteNode(request, reply, null);
                reply.Error(Verdict(type, key));
                reply.String(null);
                reply.Tags();
            }
        }
        else
        {
            reply.Error(Verdict(type, keys[0]));
            WriteNode(request, reply, version);
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static ErrorCode Verdict(sbyte type, string key) => type switch
    {
        Group when key.Length == 0 => ErrorCode.InvalidGroupId,
        Group or Transaction => ErrorCode.None,
        _ => ErrorCode.InvalidRequest,
    };

    private static void WriteNode(Request request, WireWriter reply, short? single)
    {
        var (host, port) = request.Broker.AddressFor(request.Peer);
        if (single >= 1)
        {
            reply.String(null);
        }

        reply.Int32(Broker.NodeId);
        reply.String(host);
        reply.Int32(port);
    }
}
