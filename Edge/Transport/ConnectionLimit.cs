namespace Sluice.Edge.Transport;

/// <summary>How many client connections the service holds at once. Any thread.</summary>
internal sealed class ConnectionLimit(int max)
{
    /// <summary>Names the environment variable that sets the limit.</summary>
    public const string Key = "SLUICE_EDGE_CONNECTIONS_MAX";

    /// <summary>
    /// 10,000 connections: at about 10 KB each when idle that is 100 MB, a quarter of what the whole suite may hold at rest, and it
    /// stays below the usual limit of descriptors in a container (65,536) with room for links, segments and the broker.
    /// </summary>
    public const int DefaultMax = 10_000;

    private int _count;

    /// <summary>The most there may be.</summary>
    public int Max { get; } = max;

    /// <summary>Connections now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place.</summary>
    /// <returns>False when all are taken.</returns>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _count) <= Max)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Release() => Interlocked.Decrement(ref _count);
}
