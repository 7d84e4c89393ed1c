using System.Collections.Concurrent;
using Sluice.Frames;

namespace Sluice.KafkaCache.Produce;

/// <summary>A record that its stream waits for.</summary>
internal sealed class PendingRecord(ProduceStream stream, DeliveryInbox inbox, long bytes) : IDeliveryTarget
{
    public ProduceStream Stream { get; } = stream;

    /// <summary>What it takes of the budget.</summary>
    public long Bytes { get; } = bytes;

    public bool IsDelivered { get; set; }

    public Delivery Delivery { get; private set; }

    public void OnDelivered(in Delivery delivery)
    {
        Delivery = delivery;
        inbox.Put(this);
    }
}

/// <summary>Brings deliveries from the producer's thread to one engine, many in one post.</summary>
internal sealed class DeliveryInbox(FrameEngine engine)
{
    private readonly ConcurrentQueue<PendingRecord> _queue = new();
    private readonly SendOrPostCallback _drain = static state => ((DeliveryInbox)state!).Drain();
    private int _isPosted;

    public void Put(PendingRecord record)
    {
        _queue.Enqueue(record);
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            engine.Post(_drain, this);
        }
    }

    private void Drain()
    {
        Interlocked.Exchange(ref _isPosted, 0); // Before looking: whatever is put in now is seen below, or posts again.
        while (_queue.TryDequeue(out PendingRecord? record))
        {
            record.Stream.OnDelivered(record);
        }
    }
}
