using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>OffsetFetch: committed offsets of one group, or from version 8 on of several.</summary>
internal sealed class OffsetFetch() : Api(ApiKey.OffsetFetch, 1, 9, flexibleFrom: 6)
{
    private sealed record Query(string Group, List<(string Name, List<int> Partitions)>? Topics, string? MemberId = null, int MemberEpoch = -1);

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        var queries = new List<Query>();
        if (version < 8)
        {
            queries.Add(new Query(reader.String(), ReadTopics(ref reader)));
        }
        else
        {
            for (int i = reader.Array(2); i > 0; i--)
            {
                string group = reader.String();
                string? member = version >= 9 ? reader.NullableString() : null;
                int epoch = version >= 9 ? reader.Int32() : -1;
                queries.Add(new Query(group, ReadTopics(ref reader), member, epoch));
                reader.Tags();
            }
        }

        bool stable = version >= 7 && reader.Bool();

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        if (version >= 3)
        {
            reply.Int32(0);
        }

        if (version >= 8)
        {
            reply.Array(queries.Count);
        }

        foreach (var query in queries)
        {
            WriteGroup(reply, version, request.Broker, query, stable);
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static List<(string Name, List<int> Partitions)>? ReadTopics(ref WireReader reader)
    {
        int count = reader.Array(6);
        if (count < 0)
        {
            return null;
        }

        var topics = new List<(string, List<int>)>();
        for (; count > 0; count--)
        {
            string name = reader.String();
            var partitions = new List<int>();
            for (int i = reader.Array(4); i > 0; i--)
            {
                partitions.Add(reader.Int32());
            }

            reader.Tags();
            topics.Add((name, partitions));
        }

        return topics;
    }

    private static void WriteGroup(WireWriter reply, short version, Broker broker, Query query, bool stable)
    {
        var offsets = broker.Groups.Offsets;
        if (version >= 8)
        {
            reply.String(query.Group);
        }

        var refusal = broker.Groups.FindConsumer(query.Group)?.MayFetch(query.MemberId, query.MemberEpoch) ?? ErrorCode.None;
        var topics = refusal != ErrorCode.None ? [] : query.Topics ??
            [.. offsets.All(query.Group).GroupBy(o => o.Key.Topic).Select(g => (g.Key, g.Select(o => o.Key.Partition).ToList()))];
        reply.Array(topics.Count);
        foreach (var (name, partitions) in topics)
        {
            reply.String(name);
            reply.Array(partitions.Count);
            foreach (int partition in partitions)
            {
                bool held = stable && broker.Transactions.HoldsOffset(query.Group, name, partition);
                var committed = held ? null : offsets.Find(query.Group, name, partition);
                reply.Int32(partition);
                reply.Int64(committed?.Offset ?? -1);
                if (version >= 5)
                {
                    reply.Int32(committed?.LeaderEpoch ?? -1);
                }

                reply.String(committed?.Metadata ?? "");
                reply.Error(held ? ErrorCode.UnstableOffsetCommit : ErrorCode.None);
                reply.Tags();
            }

            reply.Tags();
        }

        if (version >= 2)
        {
            reply.Error(refusal);
        }

        if (version >= 8)
        {
            reply.Tags();
        }
    }
}
