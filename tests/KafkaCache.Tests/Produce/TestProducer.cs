using System.Collections.Concurrent;
using System.Text;
using Sluice.KafkaCache.Produce;

namespace Sluice.KafkaCache.Tests.Produce;

/// <summary>A producer that keeps what it is given until the test says how it fared.</summary>
internal sealed class TestProducer : IRecordProducer
{
    private readonly Queue<IDeliveryTarget> _targets = new();
    private long _nextOffset = 100;

    /// <summary>What it was given; read by the test while another thread adds.</summary>
    public ConcurrentQueue<ProducedRecord> Records { get; } = [];

    public bool IsFailed { get; set; }

    /// <summary>Returned by the next calls instead of taking the record.</summary>
    public int RefusesWith { get; set; }

    public bool IsDisposed { get; private set; }

    public int Produce(ProducedRecord record, IDeliveryTarget target)
    {
        if (RefusesWith != 0)
        {
            return RefusesWith;
        }

        Records.Enqueue(record);
        _targets.Enqueue(target);
        return 0;
    }

    public void Deliver(int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            _targets.Dequeue().OnDelivered(new Delivery(0, "", 3, _nextOffset++, 1234));
        }
    }

    /// <summary>Answers the newest first, as no real one does on one partition.</summary>
    public void DeliverBackwards()
    {
        IDeliveryTarget[] all = [.. _targets];
        _targets.Clear();
        for (int i = all.Length - 1; i >= 0; i--)
        {
            all[i].OnDelivered(new Delivery(0, "", 0, i, -1));
        }
    }

    public void Fail(int error) => _targets.Dequeue().OnDelivered(new Delivery(error, "told to", 3, -1, -1));

    public void Flush(int timeoutMs)
    {
    }

    public void Dispose() => IsDisposed = true;

    public static string Describe(ProducedRecord record) =>
        $"{record.Topic}[{record.Partition}] {Text(record.Key)}={Text(record.Value)}"
        + string.Concat((record.Headers ?? []).Select(header => $" {header.Key}:{Text(header.Value)}"));

    private static string Text(byte[]? bytes) => bytes is null ? "null" : $"'{Encoding.UTF8.GetString(bytes)}'";
}
