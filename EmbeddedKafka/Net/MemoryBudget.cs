namespace Sluice.EmbeddedKafka.Net;

/// <summary>What all connections together may hold in large buffers. Whoever asks for more than is left is refused, not served late.</summary>
internal sealed class MemoryBudget(long bytesMax)
{
    /// <summary>64 KiB of each buffer are not counted: they are bounded by the number of connections.</summary>
    public const int FreeBytes = 64 * 1024;

    private long _used;

    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Changes what one buffer holds; false, and nothing changed, when that would be too much for all.</summary>
    public bool TryResize(int from, int to)
    {
        long more = Counted(to) - Counted(from);
        if (Interlocked.Add(ref _used, more) <= bytesMax || more <= 0)
        {
            return true;
        }

        Interlocked.Add(ref _used, -more);
        return false;
    }

    /// <summary>Counts a change that has happened.</summary>
    public void Resize(int from, int to) => Interlocked.Add(ref _used, Counted(to) - Counted(from));

    private static long Counted(int bytes) => Math.Max(0, bytes - FreeBytes);
}

/// <summary>A request or an answer would need more memory than is left, or than one may have; its connection is closed.</summary>
internal sealed class BudgetExceededException(string message) : Exception(message);
