using System.Collections.Concurrent;

namespace Sluice.Frames;

/// <summary>Work that other threads hand to an engine: many producers, one consumer, lock-free.</summary>
internal sealed class PostQueue(Doorbell doorbell)
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private int _parked;

    public bool IsEmpty => _queue.IsEmpty;

    public void Enqueue(SendOrPostCallback callback, object? state)
    {
        _queue.Enqueue((callback, state));
        Interlocked.MemoryBarrier(); // Pairs with Park: either the engine sees the item, or we see that it sleeps.
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
        {
            doorbell.Ring();
        }
    }

    public int Drain(int max, FrameEngine engine)
    {
        max = Math.Min(max, _queue.Count); // What is posted from here on waits for the next turn: so a long job can step aside.
        int count = 0;
        while (count < max && _queue.TryDequeue(out (SendOrPostCallback Callback, object? State) item))
        {
            count++;
            try
            {
                item.Callback(item.State);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                engine.OnBindingFault(0, exception);
            }
        }

        return count;
    }

    public void Park()
    {
        Volatile.Write(ref _parked, 1);
        Interlocked.MemoryBarrier();
    }

    public void Unpark() => Volatile.Write(ref _parked, 0);
}
