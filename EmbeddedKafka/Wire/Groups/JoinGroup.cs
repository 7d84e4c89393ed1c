using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>JoinGroup: answered when all members have joined, or when waiting for them takes too long.</summary>
internal sealed class JoinGroup() : Api(ApiKey.JoinGroup, 0, 9, flexibleFrom: 6)
{
    /// <summary>What session timeouts may be, in ms: short enough for tests, and the upper bound of Apache Kafka.</summary>
    public const int SessionMsMin = 100, SessionMsMax = 1_800_000;

    public override async ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        if (Read(request) is not { } join)
        {
            return Outcome.Malformed;
        }

        JoinResult result;
        if (join.Group.Length == 0)
        {
            result = new JoinResult(ErrorCode.InvalidGroupId, MemberId: join.MemberId);
        }
        else if (join.SessionTimeoutMs is < SessionMsMin or > SessionMsMax)
        {
            result = new JoinResult(ErrorCode.InvalidSessionTimeout, MemberId: join.MemberId);
        }
        else if (join.Protocols.Count == 0)
        {
            result = new JoinResult(ErrorCode.InconsistentGroupProtocol, MemberId: join.MemberId);
        }
        else
        {
            result = await request.Broker.Groups.JoinAsync(join).WaitAsync(request.Peer.Closing);
        }

        Write(reply, request.Version, result);
        return Outcome.Reply;
    }

    private static JoinRequest? Read(Request request)
    {
        var reader = request.Reader();
        short version = request.Version;
        string group = reader.String();
        int sessionMs = reader.Int32();
        int rebalanceMs = version >= 1 ? reader.Int32() : sessionMs;
        string memberId = reader.String();
        string? instanceId = version >= 5 ? reader.NullableString() : null;
        string type = reader.String();
        var protocols = new List<GroupProtocol>();
        for (int i = reader.Array(2); i > 0; i--)
        {
            protocols.Add(new GroupProtocol(reader.String(), reader.Bytes()));
            reader.Tags();
        }

        if (version >= 8)
        {
            reader.NullableString();
        }

        reader.Tags();
        return reader.Failed
            ? null
            : new JoinRequest(group, memberId, instanceId, request.ClientId, request.Peer.Host, sessionMs, Math.Max(rebalanceMs, 0), type,
                protocols, NeedsKnownId: version >= 4, MaySkipAssignment: version >= 9);
    }

    private static void Write(WireWriter reply, short version, JoinResult result)
    {
        if (version >= 2)
        {
            reply.Int32(0);
        }

        reply.Error(result.Error);
        reply.Int32(result.Generation);
        if (version >= 7)
        {
            reply.String(result.ProtocolType);
        }

        reply.String(version >= 7 ? result.ProtocolName : result.ProtocolName ?? "");
        reply.String(result.Leader);
        if (version >= 9)
        {
            reply.Bool(result.SkipAssignment);
        }

        reply.String(result.MemberId);
        reply.Array(result.Members?.Count ?? 0);
        foreach (var member in result.Members ?? [])
        {
            reply.String(member.MemberId);
            if (version >= 5)
            {
                reply.String(member.InstanceId);
            }

            reply.Bytes(member.Metadata);
            reply.Tags();
        }

        reply.Tags();
    }
}
