using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>TxnOffsetCommit: offsets that count once the transaction commits. Durable before it is answered.</summary>
internal sealed class TxnOffsetCommit() : Api(ApiKey.TxnOffsetCommit, 0, 3, flexibleFrom: 3)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        short version = request.Version;
        string id = reader.String();
        string group = reader.String();
        long producerId = reader.Int64();
        short epoch = reader.Int16();
        int generation = version >= 3 ? reader.Int32() : -1;
        string memberId = version >= 3 ? reader.String() : "";
        string? instanceId = version >= 3 ? reader.NullableString() : null;
        var topics = OffsetCommit.ReadTopics(ref reader, hasLeaderEpoch: version >= 2);
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var broker = request.Broker;
        // Without a member the commit comes from a client that only knows the group's name; the transaction vouches for it.
        var error = generation < 0 && memberId.Length == 0 ? ErrorCode.None : broker.Groups.MayCommit(group, memberId, instanceId, generation);
        if (error == ErrorCode.StaleMemberEpoch)
        {
            error = ErrorCode.IllegalGeneration;
        }

        if (error == ErrorCode.None)
        {
            var sound = topics.SelectMany(t => t.Parts).Where(part => OffsetCommit.Check(broker, part) == ErrorCode.None).ToList();
            error = broker.Transactions.AddOffsets(id, producerId, epoch, group, sound);
        }

        error = TxnErrors.For(error, version >= 2);
        OffsetCommit.Write(reply, true, topics, part => error != ErrorCode.None ? error : OffsetCommit.Check(broker, part));
        return new(Outcome.Reply);
    }
}
