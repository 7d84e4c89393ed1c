namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DescribeGroups: state and members; a group nobody knows is described as dead.</summary>
internal sealed class DescribeGroups() : Api(ApiKey.DescribeGroups, 0, 5, flexibleFrom: 5)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        var ids = reader.Strings();
        if (version >= 3)
        {
            reader.Bool();
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

        reply.Array(ids.Count);
        foreach (string id in ids)
        {
            var group = request.Broker.Groups.Describe(id);
            reply.Error(ErrorCode.None);
            reply.String(group.Id);
            reply.String(group.State);
            reply.String(group.ProtocolType);
            reply.String(group.ProtocolName);
            reply.Array(group.Members.Count);
            foreach (var member in group.Members)
            {
                reply.String(member.Id);
                if (version >= 4)
                {
                    reply.String(member.InstanceId);
                }

                reply.String(member.ClientId);
                reply.String(member.Host);
                reply.Bytes(member.Metadata);
                reply.Bytes(member.Assignment);
                reply.Tags();
            }

            if (version >= 3)
            {
                reply.Int32(int.MinValue);
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
