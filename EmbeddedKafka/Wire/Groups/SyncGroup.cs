using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>SyncGroup: the leader brings everybody's share, all get theirs.</summary>
internal sealed class SyncGroup() : Api(ApiKey.SyncGroup, 0, 5, flexibleFrom: 4)
{
    public override async ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        if (Start(request) is not { } pending)
        {
            return Outcome.Malformed;
        }

        var result = await pending.WaitAsync(request.Peer.Closing);
        if (request.Version >= 1)
        {
            reply.Int32(0);
        }

        reply.Error(result.Error);
        if (request.Version >= 5)
        {
            reply.String(result.ProtocolType);
            reply.String(result.ProtocolName);
        }

        reply.Bytes(result.Assignment);
        reply.Tags();
        return Outcome.Reply;
    }

    private static Task<SyncResult>? Start(Request request)
    {
        var reader = request.Reader();
        short version = request.Version;
        string group = reader.String();
        int generation = reader.Int32();
        string memberId = reader.String();
        string? instanceId = version >= 3 ? reader.NullableString() : null;
        string? type = version >= 5 ? reader.NullableString() : null;
        string? name = version >= 5 ? reader.NullableString() : null;
        var assignments = new List<(string, byte[])>();
        for (int i = reader.Array(2); i > 0; i--)
        {
            assignments.Add((reader.String(), reader.Bytes()));
            reader.Tags();
        }

        reader.Tags();
        if (reader.Failed)
        {
            return null;
        }

        return request.Broker.Groups.Find(group)?.SyncAsync(memberId, instanceId, generation, type, name, assignments)
            ?? Task.FromResult(SyncResult.Of(ErrorCode.UnknownMemberId));
    }
}
