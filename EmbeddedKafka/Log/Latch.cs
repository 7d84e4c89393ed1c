namespace Sluice.EmbeddedKafka.Log;

/// <summary>Tells a background task that there is something to do, so that it sleeps while there is not: no clock ticks in an idle broker.</summary>
/// <remarks>Set by any thread, as often as it likes: a set latch costs one read. One task waits.</remarks>
internal sealed class Latch : IDisposable
{
    private readonly SemaphoreSlim _woken = new(0);
    private int _isSet;

    public void Set()
    {
        if (Volatile.Read(ref _isSet) == 0 && Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _woken.Release();
        }
    }

    /// <summary>Waits until it is set, or the time is up, and clears it.</summary>
    /// <param name="timeoutMs">From 0.</param>
    /// <returns>Whether it was set.</returns>
    public async Task<bool> WaitAsync(int timeoutMs, CancellationToken cancellationToken)
    {
        bool wasSet = await _woken.WaitAsync(timeoutMs, cancellationToken);
        if (wasSet)
        {
            Interlocked.Exchange(ref _isSet, 0); // Before the work: what is set from here on is a new reason.
        }

        return wasSet;
    }

    public void Dispose() => _woken.Dispose();
}
