using System.Collections.Concurrent;

namespace Sluice.KafkaCache.Produce;

/// <summary>Hands records of one partition over in bursts: while some are on their way, the next ones gather.</summary>
/// <remarks>
/// With idempotence librdkafka sends nothing more for a partition while five records or more are unanswered, and as long as others wait
/// behind them its thread looks for room without a pause: up to a core spent on nothing. So nothing is given to it that would wait there.
/// <code>
///   engines   1   2 3   4 5 6 7            8 ...
///   library   1 ──────────▶ 2 3 4 5 6 7 ──────────▶ 8 ...
/// </code>
/// A burst becomes one request, which costs broker and library less than many small ones, and nobody waits longer than the round trip that
/// is under way. Any thread; the order of a partition is kept.
/// </remarks>
/// <param name="inner">Owned from here on.</param>
internal sealed class BurstProducer(IRecordProducer inner) : IRecordProducer
{
    private readonly ConcurrentDictionary<(string Topic, int Partition), PartitionLane> _lanes = new(); // As many as partitions exist: who produces has seen the topic.

    public bool IsFailed => inner.IsFailed;

    public int Produce(ProducedRecord record, IDeliveryTarget target)
    {
        (string, int) place = (record.Topic, record.Partition);
        if (!_lanes.TryGetValue(place, out PartitionLane? lane))
        {
            lane = _lanes.GetOrAdd(place, _ => new PartitionLane(inner));
        }

        lane.Add(record, target);
        return 0;
    }

    public void Flush(int timeoutMs)
    {
        foreach (PartitionLane lane in _lanes.Values)
        {
            lane.Open();
        }

        inner.Flush(timeoutMs);
    }

    public void Dispose()
    {
        foreach (PartitionLane lane in _lanes.Values)
        {
            lane.Dispose();
        }

        inner.Dispose();
    }
}
