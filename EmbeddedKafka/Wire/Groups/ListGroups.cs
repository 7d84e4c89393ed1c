namespace Sluice.EmbeddedKafka.Wire;

/// <summary>ListGroups: groups with members or committed offsets, filtered by state and type when asked.</summary>
internal sealed class ListGroups() : Api(ApiKey.ListGroups, 0, 5, flexibleFrom: 3)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        var states = version >= 4 ? ReadFilter(ref reader) : [];
        var types = version >= 5 ? ReadFilter(ref reader) : [];
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var groups = request.Broker.Groups.All()
            .Where(group => states.Count == 0 || states.Contains(group.State))
            .Where(group => types.Count == 0 || types.Contains(group.Type))
            .ToList();
        if (version >= 1)
        {
            reply.Int32(0);
        }

        reply.Error(ErrorCode.None);
        reply.Array(groups.Count);
        foreach (var group in groups)
        {
            reply.String(group.Id);
            reply.String(group.ProtocolType);
            if (version >= 4)
            {
                reply.String(group.State);
            }

            if (version >= 5)
            {
                reply.String(group.Type);
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static HashSet<string> ReadFilter(ref WireReader reader) => new(reader.Strings(), StringComparer.OrdinalIgnoreCase);
}
