using Sluice.ServiceDefaults;
using static System.FormattableString;

namespace Sluice.Edge.Transport;

/// <summary>How many client connections the service holds at once. Any thread.</summary>
internal sealed class ConnectionLimit(int max)
{
    /// <summary>Names the environment variable that sets the limit.</summary>
    public const string Key = "SLUICE_EDGE_CONNECTIONS_MAX";

    /// <summary>
    /// 10,000 connections: at about 10 KB each when idle that is 100 MB, a quarter of what the whole suite may hold at rest. Fewer where
    /// the descriptors of the process do not reach so far, see <see cref="Descriptors"/>.
    /// </summary>
    public const int DefaultMax = 10_000;

    private int _count;
    private int _isTold;

    /// <summary>The most there may be.</summary>
    public int Max { get; } = max;

    /// <summary>Connections now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The limit of this process.</summary>
    /// <param name="asked">What the user asks for; null for the default, or less where descriptors are scarce.</param>
    /// <param name="room">Connections that the descriptors allow, and the limit of these; null when unknown.</param>
    /// <exception cref="ServiceStartException">There is no room for so many.</exception>
    public static ConnectionLimit Fit(int? asked, (int Connections, int Limit)? room)
    {
        if (room is not { } there || (asked ?? 1) <= there.Connections)
        {
            return new ConnectionLimit(asked ?? Math.Min(DefaultMax, room?.Connections ?? DefaultMax));
        }

        const string Advice = "raise the limit (ulimit -n, or LimitNOFILE= of the unit)";
        throw ServiceStartException.Configuration(asked is { } many
            ? Invariant($"{Key}={many}: the {there.Limit} descriptors of this process leave room for {Math.Max(0, there.Connections)} connections; {Advice}, or ask for fewer")
            : Invariant($"edge: the {there.Limit} descriptors of this process leave no room for connections, {1 - there.Connections} more are needed; {Advice}"));
    }

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
    public void Release()
    {
        // Told again only after a tenth was free: while clients come and go at the limit, it is one piece of news.
        if (Interlocked.Decrement(ref _count) < Max - (Max / 10) && Volatile.Read(ref _isTold) == 1)
        {
            Volatile.Write(ref _isTold, 0);
        }
    }

    /// <summary>True for the first one who asks since the limit was reached: it is worth a line in the log.</summary>
    public bool IsNews() => Interlocked.Exchange(ref _isTold, 1) == 0;
}
