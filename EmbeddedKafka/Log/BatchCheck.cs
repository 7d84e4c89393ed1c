using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>What a produced batch must be before it may enter the log; runs before the log's lock is taken.</summary>
internal static class BatchCheck
{
    /// <summary>Null when the batch is sound; otherwise the code and a sentence for the client.</summary>
    public static (ErrorCode Code, string Message)? Find(Span<byte> bytes, TopicConfig config)
    {
        if (bytes.Length < Batch.HeaderBytes)
        {
            return (ErrorCode.CorruptMessage, "The record batch is shorter than its header of 61 bytes");
        }

        var batch = new Batch(bytes);
        if (batch.Magic != 2)
        {
            return (ErrorCode.InvalidRecord, $"Message format {batch.Magic} is not supported, only format 2 is");
        }

        if (batch.SizeBytes < Batch.HeaderBytes || batch.SizeBytes > bytes.Length)
        {
            return (ErrorCode.CorruptMessage, "The record batch ends before its stated length");
        }

        if (batch.SizeBytes != bytes.Length)
        {
            return (ErrorCode.InvalidRecord, "A produce request holds exactly one record batch per partition");
        }

        if (batch.SizeBytes > config.MaxMessageBytes)
        {
            return (ErrorCode.MessageTooLarge,
                $"The record batch has {batch.SizeBytes} bytes, max.message.bytes of the topic is {config.MaxMessageBytes}");
        }

        if (!batch.CrcMatches())
        {
            return (ErrorCode.CorruptMessage, "The record batch does not match its checksum");
        }

        if (batch.IsControl)
        {
            return (ErrorCode.InvalidRecord, "Clients may not write control batches");
        }

        if (batch.Count <= 0 || batch.LastOffsetDelta != batch.Count - 1)
        {
            return (ErrorCode.InvalidRecord, "The record count does not match the last offset of the batch");
        }

        if (batch.Codec > Codec.Zstd || batch.HasDeleteHorizon)
        {
            return (ErrorCode.InvalidRecord, "The batch attributes are not ones a client may set");
        }

        if (batch.ProducerId >= 0 && (batch.BaseSequence < 0 || batch.ProducerEpoch < 0))
        {
            return (ErrorCode.InvalidRecord, "A batch with a producer id needs an epoch and a sequence number");
        }

        if (batch.ProducerId < 0 && batch.IsTransactional)
        {
            return (ErrorCode.InvalidRecord, "A transactional batch needs a producer id");
        }

        return config.IsCompacted ? FindInRecords(batch) : null;
    }

    // A record without key could never be found again by compaction, so it is refused at the door, as Apache Kafka does.
    private static (ErrorCode Code, string Message)? FindInRecords(Batch batch)
    {
        ReadOnlySpan<byte> records = batch.Records;
        if (batch.Codec != Codec.None)
        {
            if (!Compression.TryInflate(batch.Codec, records, out byte[] inflated))
            {
                return (ErrorCode.CorruptMessage, $"The records are not valid {batch.Codec} data of at most 128 MiB");
            }

            records = inflated;
        }

        var reader = new RecordReader(records);
        int count = 0;
        for (; reader.TryNext(); count++)
        {
            if (!reader.HasKey)
            {
                return (ErrorCode.InvalidRecord, $"Record {count} has no key, and the topic is compacted");
            }

            if (reader.OffsetDelta != count)
            {
                return (ErrorCode.InvalidRecord, $"Record {count} has offset delta {reader.OffsetDelta}");
            }
        }

        return reader.Failed || count != batch.Count
            ? (ErrorCode.InvalidRecord, "The records do not parse to the count the batch states")
            : null;
    }
}
