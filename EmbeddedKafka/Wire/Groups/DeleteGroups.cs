namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DeleteGroups: only groups without members; their offsets go with them.</summary>
internal sealed class DeleteGroups() : Api(ApiKey.DeleteGroups, 0, 2, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var ids = reader.Strings();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(ids.Count);
        foreach (string id in ids)
        {
            reply.String(id);
            reply.Error(request.Broker.Groups.Delete(id));
            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
