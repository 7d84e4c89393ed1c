namespace Sluice.EmbeddedKafka.Log;

/// <summary>A fetch that waits until any of its partitions has more; woken at once by the append.</summary>
internal sealed class Waiter
{
    private TaskCompletionSource _signal = New();

    public Task Signal => Volatile.Read(ref _signal).Task;

    public void Wake() => Volatile.Read(ref _signal).TrySetResult();

    /// <summary>Arms the waiter again. Called by the waiting side, before it looks at the logs.</summary>
    public void Arm()
    {
        if (_signal.Task.IsCompleted)
        {
            Volatile.Write(ref _signal, New());
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The waiters of one partition. Any thread.</summary>
internal sealed class WaiterList
{
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private int _count;

    /// <summary>Fetches that wait now.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Add(Waiter waiter)
    {
        lock (_gate)
        {
            _waiters.Add(waiter);
            // Full barrier: the append must see the count, or the fetch must see the append.
            Interlocked.Exchange(ref _count, _waiters.Count);
        }
    }

    public void Remove(Waiter waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
            Interlocked.Exchange(ref _count, _waiters.Count);
        }
    }

    public void WakeAll()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var waiter in _waiters)
            {
                waiter.Wake();
            }
        }
    }
}
