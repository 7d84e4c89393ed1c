namespace Sluice.EmbeddedKafka.Wire;

/// <summary>AddPartitionsToTxn: all partitions asked for, or none.</summary>
internal sealed class AddPartitionsToTxn() : Api(ApiKey.AddPartitionsToTxn, 0, 3, flexibleFrom: 3)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string id = reader.String();
        long producerId = reader.Int64();
        short epoch = reader.Int16();
        var topics = new List<(string Name, List<int> Partitions)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Partitions: new List<int>());
            for (int j = reader.Array(4); j > 0; j--)
            {
                topic.Partitions.Add(reader.Int32());
            }

            reader.Tags();
            topics.Add(topic);
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var broker = request.Broker;
        var asked = topics.SelectMany(t => t.Partitions.Select(p => (t.Name, p))).ToList();
        bool Known(string topic, int partition) => broker.Topics.Find(topic, partition) is not null && !Topics.TopicStore.IsInternalName(topic);
        bool all = asked.TrueForAll(a => Known(a.Name, a.p));
        var error = all ? broker.Transactions.AddPartitions(id, producerId, epoch, asked) : ErrorCode.OperationNotAttempted;
        error = TxnErrors.For(error, request.Version >= 2);
        reply.Int32(0);
        reply.Array(topics.Count);
        foreach (var (name, partitions) in topics)
        {
            reply.String(name);
            reply.Array(partitions.Count);
            foreach (int partition in partitions)
            {
                reply.Int32(partition);
                reply.Error(Known(name, partition) ? error : ErrorCode.UnknownTopicOrPartition);
                reply.Tags();
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }
}
