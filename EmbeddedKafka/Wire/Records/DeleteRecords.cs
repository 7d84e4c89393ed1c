using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>DeleteRecords: raises the lowest offset that can be read; durable before it is answered.</summary>
internal sealed class DeleteRecords() : Api(ApiKey.DeleteRecords, 0, 2, flexibleFrom: 2)
{
    private const long ToTheEnd = -1;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var topics = new List<(string Name, List<(int Partition, long Offset)> Parts)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Parts: new List<(int, long)>());
            for (int j = reader.Array(12); j > 0; j--)
            {
                topic.Parts.Add((reader.Int32(), reader.Int64()));
                reader.Tags();
            }

            reader.Tags();
            topics.Add(topic);
        }

        reader.Int32();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Array(topics.Count);
        foreach (var (name, parts) in topics)
        {
            var topic = request.Broker.Topics.Find(name);
            reply.String(name);
            reply.Array(parts.Count);
            foreach (var (partition, offset) in parts)
            {
                var error = Delete(topic, partition, offset);
                reply.Int32(partition);
                reply.Int64(error == ErrorCode.None ? topic!.Partitions[partition].StartOffset : -1);
                reply.Error(error);
                reply.Tags();
            }

            reply.Tags();
        }

        reply.Tags();
        return new(Outcome.Reply);
    }

    private static ErrorCode Delete(Topic? topic, int partition, long offset)
    {
        if (topic?.Partition(partition) is not { } log)
        {
            return ErrorCode.UnknownTopicOrPartition;
        }

        if (topic.IsInternal)
        {
            return ErrorCode.InvalidTopic;
        }

        if (!topic.Config.IsDeleted)
        {
            return ErrorCode.PolicyViolation; // A compacted topic deletes by tombstones.
        }

        if (offset < ToTheEnd)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        try
        {
            return log.TryRaiseStart(offset == ToTheEnd ? log.EndOffset : offset) ? ErrorCode.None : ErrorCode.OffsetOutOfRange;
        }
        catch (IOException)
        {
            return ErrorCode.KafkaStorageError;
        }
    }
}
