namespace Sluice.EmbeddedKafka.Wire;

/// <summary>OffsetForLeaderEpoch: there was one leader ever, in epoch 0, so its end is the end of the log.</summary>
internal sealed class OffsetForLeaderEpoch() : Api(ApiKey.OffsetForLeaderEpoch, 2, 4, flexibleFrom: 4)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        if (request.Version >= 3)
        {
            reader.Int32();
        }

        var topics = new List<(string Name, List<(int Partition, int Current, int Epoch)> Parts)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Parts: new List<(int, int, int)>());
            for (int j = reader.Array(12); j > 0; j--)
            {
                topic.Parts.Add((reader.Int32(), reader.Int32(), reader.Int32()));
                reader.Tags();
            }

            reader.Tags();
            topics.Add(topic);
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(topics.Count);
        foreach (var (name, parts) in topics)
        {
            reply.String(name);
            reply.Array(parts.Count);
            foreach (var (partition, current, epoch) in parts)
            {
                var log = request.Broker.Topics.Find(name, partition);
                var error = log is null ? ErrorCode.UnknownTopicOrPartition : current > 0 ? ErrorCode.UnknownLeaderEpoch : ErrorCode.None;
                bool known = error == ErrorCode.None && epoch == 0;
                reply.Error(error);
                reply.Int32(partition);
                reply.Int32(known ? 0 : -1);
                reply.Int64(known ? log!.EndOffset : -1);
                reply.Tags();
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
