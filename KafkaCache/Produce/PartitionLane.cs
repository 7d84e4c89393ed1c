using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sluice.KafkaCache.Produce;

/// <summary>The records of one partition on their way to the library: handed over at once when none is under way, else gathered.</summary>
/// <remarks>
/// Engines add, the library's thread answers. No lock: whoever finds the lane free hands over for all, and looks once more after it has
/// stepped back. What gathers is bounded by the budget of the process, as what is under way.
/// </remarks>
internal sealed class PartitionLane : IDisposable
{
    /// <summary>From that many on the library sends nothing more for a partition; fewer may go out beside each other.</summary>
    public const int RecordsUnderWayMax = 5;

    /// <summary>How long a round trip may be for the next burst to wait for all of it, in milliseconds: half of what produce may add to a bare client's latency.</summary>
    public const double ShortRoundTripMs = 1;

    /// <summary>A broker that has not answered for so long is no reason to hold anything back, in milliseconds: the library's own clock must start.</summary>
    public const int GatherMsMax = 250;

    private readonly IRecordProducer _producer;
    private readonly ConcurrentQueue<Entry> _waiting = new();
    private readonly Timer _patience;
    private int _underWay;
    private int _isBusy;
    private int _isTimed;
    private long _handedOver;
    private volatile bool _isOpen;

    public PartitionLane(IRecordProducer producer)
    {
        _producer = producer;
        _patience = new Timer(static state => ((PartitionLane)state!).OnPatienceOver(), this, Timeout.Infinite, Timeout.Infinite);
    }

    private TimeSpan Age => Stopwatch.GetElapsedTime(Volatile.Read(ref _handedOver));

    private bool MayHandOver
    {
        get
        {
            int underWay = Volatile.Read(ref _underWay);
            return underWay == 0 || (underWay < RecordsUnderWayMax && Age.TotalMilliseconds > ShortRoundTripMs);
        }
    }

    /// <summary>Takes a record; its target hears of it once, at the earliest before this returns.</summary>
    public void Add(ProducedRecord record, IDeliveryTarget target)
    {
        _waiting.Enqueue(new Entry(this, record, target));
        Interlocked.MemoryBarrier(); // Either we see that the last answer has come, or who counts it sees the record.
        HandOver(_isOpen);
        if (!_waiting.IsEmpty && Interlocked.Exchange(ref _isTimed, 1) == 0)
        {
            StartTimer();
        }
    }

    /// <summary>Nothing gathers from here on.</summary>
    public void Open()
    {
        _isOpen = true;
        HandOver(isForced: true);
    }

    /// <summary>Stops the clock. What gathers is handed over first.</summary>
    public void Dispose()
    {
        Open();
        _patience.Dispose();
    }

    private void HandOver(bool isForced)
    {
        while (!_waiting.IsEmpty && (isForced || MayHandOver) && Interlocked.Exchange(ref _isBusy, 1) == 0)
        {
            Volatile.Write(ref _handedOver, Stopwatch.GetTimestamp());
            for (int count = _waiting.Count; count > 0 && _waiting.TryDequeue(out Entry? entry); count--)
            {
                Interlocked.Increment(ref _underWay);
                int error = _producer.Produce(entry.Record, entry);
                if (error != 0)
                {
                    entry.OnDelivered(new Delivery(error, "the producer did not take it", entry.Record.Partition, -1, -1));
                }
            }

            Interlocked.Exchange(ref _isBusy, 0);
        }
    }

    private void OnAnswered()
    {
        if (Interlocked.Decrement(ref _underWay) == 0)
        {
            HandOver(_isOpen);
        }
    }

    // One look for each time that something waits; under load that is four a second.
    private void OnPatienceOver()
    {
        Volatile.Write(ref _isTimed, 0);
        if (!_waiting.IsEmpty && Age.TotalMilliseconds >= GatherMsMax)
        {
            HandOver(isForced: true);
        }

        if (!_waiting.IsEmpty && Interlocked.Exchange(ref _isTimed, 1) == 0)
        {
            StartTimer();
        }
    }

    private void StartTimer()
    {
        try
        {
            _patience.Change(GatherMsMax, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            HandOver(isForced: true); // Stopping.
        }
    }

    private sealed class Entry(PartitionLane lane, ProducedRecord record, IDeliveryTarget target) : IDeliveryTarget
    {
        public ProducedRecord Record => record;

        public void OnDelivered(in Delivery delivery)
        {
            target.OnDelivered(delivery);
            lane.OnAnswered();
        }
    }
}
