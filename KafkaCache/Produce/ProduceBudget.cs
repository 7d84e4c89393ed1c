using Sluice.Frames;

namespace Sluice.KafkaCache.Produce;

/// <summary>Someone who waits for a part of the budget, on an engine.</summary>
internal interface IBudgetWaiter
{
    FrameEngine Engine { get; }

    /// <summary>Engine thread: some became free; try again.</summary>
    void OnBudget();
}

/// <summary>Bytes of records the whole process may hold. Streams take what they hold and give it back; who finds none waits in line. Any thread.</summary>
internal sealed class ProduceBudget(long bytes)
{
    private const int WakesAtOnce = 8; // A stampede would find nothing.

    private readonly Lock _lock = new();
    private readonly LinkedList<IBudgetWaiter> _waiters = new();
    private long _free = bytes;
    private int _waiting;

    /// <summary>What it began with.</summary>
    public long TotalBytes { get; } = bytes;

    /// <summary>What is taken now.</summary>
    public long UsedBytes => TotalBytes - Volatile.Read(ref _free);

    /// <summary>Takes a part.</summary>
    public bool TryTake(long wanted)
    {
        long free = Volatile.Read(ref _free);
        while (free >= wanted)
        {
            long found = Interlocked.CompareExchange(ref _free, free - wanted, free);
            if (found == free)
            {
                return true;
            }

            free = found;
        }

        return false;
    }

    /// <summary>Gives a part back and lets the next in line try.</summary>
    public void Give(long taken)
    {
        Interlocked.Add(ref _free, taken);
        if (Volatile.Read(ref _waiting) > 0)
        {
            Wake();
        }
    }

    /// <summary>Stands in line. Look at the budget once more afterwards: some may have become free in between.</summary>
    public LinkedListNode<IBudgetWaiter> Wait(IBudgetWaiter waiter)
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _waiting);
            return _waiters.AddLast(waiter);
        }
    }

    /// <summary>Leaves the line.</summary>
    public void Leave(LinkedListNode<IBudgetWaiter> place)
    {
        lock (_lock)
        {
            if (place.List is not null)
            {
                _waiters.Remove(place);
                Interlocked.Decrement(ref _waiting);
            }
        }

        if (Volatile.Read(ref _waiting) > 0)
        {
            Wake(); // What was too little for one may do for the next.
        }
    }

    // The first few: each tries, and whoever finds too little stays in line.
    private void Wake()
    {
        lock (_lock)
        {
            LinkedListNode<IBudgetWaiter>? place = _waiters.First;
            for (int i = 0; i < WakesAtOnce && place is not null; i++, place = place.Next)
            {
                place.Value.Engine.Post(static state => ((IBudgetWaiter)state!).OnBudget(), place.Value);
            }
        }
    }
}
