namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Heartbeat: keeps a member in its group and tells it when to join anew.</summary>
internal sealed class Heartbeat() : Api(ApiKey.Heartbeat, 0, 4, flexibleFrom: 4)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string group = reader.String();
        int generation = reader.Int32();
        string memberId = reader.String();
        string? instanceId = request.Version >= 3 ? reader.NullableString() : null;
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        if (request.Version >= 1)
        {
            reply.Int32(0);
        }

        reply.Error(request.Broker.Groups.Find(group)?.Heartbeat(memberId, instanceId, generation) ?? ErrorCode.UnknownMemberId);
        reply.Tags();
        return new(Outcome.Reply);
    }
}
