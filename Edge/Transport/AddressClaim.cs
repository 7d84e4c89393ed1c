using System.Globalization;
using System.Net;

namespace Sluice.Edge.Transport;

/// <summary>
/// Says whether a replica of this suite listens on an address already. Replicas may share it (SO_REUSEPORT); another program, another suite
/// or another binding may not, and the kernel alone would let the same user's do so.
/// </summary>
/// <remarks>
/// Two kinds of file in the run directory, held by locks that the system drops when their process dies, however it dies:
/// <code>
///   edge.listen.turn                    locked alone while a replica binds: one at a time
///   edge.listen.BINDING.ADDRESS.PORT    locked together by every replica that listens there; who can lock it alone is the first
/// </code>
/// </remarks>
internal sealed class AddressClaim : IDisposable
{
    private const int TurnMsMax = 10_000; // Binding takes moments; so long only when the machine stands still.
    private const int LookMs = 10;

    private readonly FileStream _held;

    private AddressClaim(FileStream held) => _held = held;

    /// <summary>Waits until this process may bind, and finds out who is there. Any thread.</summary>
    /// <exception cref="IOException">The run directory cannot be used.</exception>
    public static async Task<Turn> WaitAsync(string runDirectory, long owner, IPEndPoint address, CancellationToken cancellationToken)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture, $"edge.listen.{owner:x16}.{address.Address.ToString().Replace(':', '_')}.{address.Port}");
        string claim = Path.Combine(runDirectory, name);
        long deadline = Environment.TickCount64 + TurnMsMax;
        while (true)
        {
            if (TryOpen(Path.Combine(runDirectory, "edge.listen.turn"), FileShare.None) is { } turn)
            {
                return new Turn(turn, claim);
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new IOException($"another replica binds in {runDirectory} and does not finish within {TurnMsMax / 1000} s; stop it, then start again");
            }

            await Task.Delay(LookMs, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>This process listens there no longer.</summary>
    public void Dispose() => _held.Dispose();

    // Null when somebody holds it in another way.
    private static FileStream? TryOpen(string path, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>The time in which this process binds and nobody else of the suite does.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly FileStream _turn;
        private readonly string _claim;

        public Turn(FileStream turn, string claim)
        {
            _turn = turn;
            _claim = claim;
            using FileStream? alone = TryOpen(claim, FileShare.None);
            IsFirst = alone is not null;
        }

        /// <summary>True when no replica listens there: whoever does is a stranger.</summary>
        public bool IsFirst { get; }

        /// <summary>This process listens there from now on.</summary>
        public AddressClaim Keep() => new(TryOpen(_claim, FileShare.ReadWrite) ?? throw new IOException($"{_claim} cannot be locked"));

        public void Dispose() => _turn.Dispose();
    }
}
