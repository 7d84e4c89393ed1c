using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Produce: batches go to the log as they came, only their header is looked at (and records of compacted topics).</summary>
/// <remarks>
/// Versions 0 to 2 are told, because librdkafka looks for them before it believes in message format 2, and refused, because
/// they carry the formats that came before it. Apache Kafka 4 does the same.
/// </remarks>
internal sealed class Produce() : Api(ApiKey.Produce, 0, 11, flexibleFrom: 9)
{
    private readonly record struct Part(string Topic, int Partition, Memory<byte> Records, bool IsNull);

    public override short ServedFrom => 3;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string? transactionalId = reader.NullableString();
        short acks = reader.Int16();
        reader.Int32();
        var topics = new List<(string Name, List<Part> Parts)>();
        for (int i = reader.Array(6); i > 0; i--)
        {
            var topic = (Name: reader.String(), Parts: new List<Part>());
            for (int j = reader.Array(5); j > 0; j--)
            {
                int partition = reader.Int32();
                (int start, int length) = reader.NullableBytes();
                topic.Parts.Add(new Part(topic.Name, partition, request.Body.Slice(start, Math.Max(length, 0)), length < 0));
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

        reply.Array(topics.Count);
        foreach (var (name, parts) in topics)
        {
            reply.String(name);
            reply.Array(parts.Count);
            foreach (var part in parts)
            {
                var log = request.Broker.Topics.Find(name, part.Partition);
                Write(reply, request.Version, part.Partition, Append(request.Broker, transactionalId, log, part, acks), log?.StartOffset ?? -1);
            }

            reply.Tags();
        }

        reply.Int32(0);
        reply.Tags();
        return new(acks == 0 ? Outcome.Silent : Outcome.Reply);
    }

    private static AppendResult Append(Broker broker, string? transactionalId, PartitionLog? log, Part part, short acks)
    {
        if (acks is not (-1 or 0 or 1))
        {
            return new AppendResult(ErrorCode.InvalidRequiredAcks);
        }

        if (log is null)
        {
            return new AppendResult(ErrorCode.UnknownTopicOrPartition);
        }

        if (Topics.TopicStore.IsInternalName(part.Topic))
        {
            return new AppendResult(ErrorCode.InvalidTopic, Message: "The topic belongs to the broker");
        }

        if (part.IsNull)
        {
            return new AppendResult(ErrorCode.InvalidRecord, Message: "There are no records");
        }

        if (BatchCheck.Find(part.Records.Span, log.Config) is { } fault)
        {
            return new AppendResult(fault.Code, Message: fault.Message);
        }

        var batch = new Batch(part.Records.Span);
        return batch.IsTransactional
            ? broker.Transactions.Write(
                transactionalId, batch.ProducerId, batch.ProducerEpoch, part.Topic, part.Partition,
                () => log.Append(part.Records.Span), error => new AppendResult(error))
            : log.Append(part.Records.Span);
    }

    private static void Write(WireWriter reply, short version, int partition, AppendResult result, long startOffset)
    {
        reply.Int32(partition);
        reply.Error(result.Error);
        reply.Int64(result.BaseOffset);
        reply.Int64(result.AppendTimeMs);
        if (version >= 5)
        {
            reply.Int64(startOffset);
        }

        if (version >= 8)
        {
            reply.Array(0);
            reply.String(result.Message);
        }

        reply.Tags();
    }
}
