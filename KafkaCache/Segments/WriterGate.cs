namespace Sluice.KafkaCache.Segments;

/// <summary>Keeps memory mapped while others write to it. Whoever enters never waits; whoever closes waits until those inside have left.</summary>
/// <remarks>Engines note offsets in it for each acknowledged record; a lock would make one wait for the thread that fetches.</remarks>
internal sealed class WriterGate
{
    private int _inside; // Far below zero once closed.

    /// <summary>Enters. Any thread; <see cref="Leave"/> follows within nanoseconds, and nothing between them throws.</summary>
    /// <returns>False once it is closed.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) > 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _inside);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inside);

    /// <summary>Lets nobody in any more and waits until all have left. Once; the owner's thread.</summary>
    public void Close()
    {
        const int closed = int.MinValue / 2;
        Interlocked.Add(ref _inside, closed);
        var spin = default(SpinWait);
        while (Volatile.Read(ref _inside) > closed) // One who tries to enter now leaves again at once.
        {
            spin.SpinOnce();
        }
    }
}
