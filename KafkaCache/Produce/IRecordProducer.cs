using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>A record on its way to the broker.</summary>
/// <param name="Topic">Where to.</param>
/// <param name="Partition">Which partition; -1 chooses by the key as Kafka's own clients do.</param>
/// <param name="TimestampMs">Epoch milliseconds; 0 for now.</param>
/// <param name="Key">Null for none.</param>
/// <param name="Value">Null for none.</param>
/// <param name="Headers">In order, repeats and null values kept; null for none.</param>
internal sealed record ProducedRecord(
    string Topic, int Partition, long TimestampMs, byte[]? Key, byte[]? Value, IReadOnlyList<KeyValuePair<string, byte[]?>>? Headers);

/// <summary>How a record fared.</summary>
/// <param name="Error">Kafka's error code, 0 for written.</param>
/// <param name="Reason">In words, for the log.</param>
/// <param name="Partition">Where it went.</param>
/// <param name="Offset">Its offset; -1 when the broker did not say.</param>
/// <param name="TimestampMs">Log append time, epoch milliseconds; -1 when not known.</param>
internal readonly record struct Delivery(int Error, string Reason, int Partition, long Offset, long TimestampMs);

/// <summary>Hears how a record fared, on a thread of the producer's.</summary>
internal interface IDeliveryTarget
{
    void OnDelivered(in Delivery delivery);
}

/// <summary>What a produce stream needs of a Kafka producer; tests put their own in its place. Any thread.</summary>
internal interface IRecordProducer : IDisposable
{
    /// <summary>True when it can never produce again and another must take its place.</summary>
    bool IsFailed { get; }

    /// <summary>Takes a record; never blocks.</summary>
    /// <returns>0 when it was taken: the target hears of it once, later. Else the Kafka error; the target hears nothing.</returns>
    int Produce(ProducedRecord record, IDeliveryTarget target);

    /// <summary>Waits until all that was taken is delivered or failed.</summary>
    void Flush(int timeoutMs);
}

/// <summary>Makes the producer for a way of acknowledging.</summary>
internal delegate IRecordProducer ProducerFactory(KafkaAcks acks);
