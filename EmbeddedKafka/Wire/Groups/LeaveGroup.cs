namespace Sluice.EmbeddedKafka.Wire;

/// <summary>LeaveGroup: one member, or from version 3 on several, each named by member or instance id.</summary>
internal sealed class LeaveGroup() : Api(ApiKey.LeaveGroup, 0, 5, flexibleFrom: 4)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        string group = reader.String();
        var members = new List<(string Id, string? Instance)>();
        if (version < 3)
        {
            members.Add((reader.String(), null));
        }
        else
        {
            for (int i = reader.Array(2); i > 0; i--)
            {
                members.Add((reader.String(), reader.NullableString()));
                if (version >= 5)
                {
                    reader.NullableString();
                }

                reader.Tags();
            }
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var found = request.Broker.Groups.Find(group);
        var errors = members.ConvertAll(member => found?.Leave(member.Id, member.Instance) ?? ErrorCode.UnknownMemberId);
        if (version >= 1)
        {
            reply.Int32(0);
        }

        reply.Error(version < 3 ? errors[0] : ErrorCode.None);
        if (version >= 3)
        {
            reply.Array(members.Count);
            for (int i = 0; i < members.Count; i++)
            {
                reply.String(members[i].Id);
                reply.String(members[i].Instance);
                reply.Error(errors[i]);
                reply.Tags();
            }
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
