using System.Net.Sockets;

namespace Sluice.Frames.Testing;

/// <summary>Waits for what must come, with a deadline and a reason. The one place where tests look again and again.</summary>
/// <remarks>
/// That something does not come is no wait for the time in which it might: look for a later thing that does come, see
/// <see cref="StandsStillAsync"/>.
/// </remarks>
public static class Eventually
{
    /// <summary>Long enough for a machine that has much else to do; a test that passes never waits for it.</summary>
    public const int DeadlineMs = 60_000;

    private const int LookMs = 10;
    private const int QuietRounds = 3; // One alone may overtake, where threads of the runtime stand between.

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">Looked at again and again, on a thread of the runtime.</param>
    /// <param name="what">What is waited for, as the failure says it.</param>
    /// <param name="deadlineMs">Real milliseconds.</param>
    /// <param name="found">What is there instead, asked for once the deadline has passed.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static Task TrueAsync(Func<bool> condition, string what, int deadlineMs = DeadlineMs, Func<string>? found = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, deadlineMs, found);

    /// <summary>Waits until a condition holds that must be asked for; an answer that does not come through counts as "not yet".</summary>
    /// <inheritdoc cref="TrueAsync(Func{bool}, string, int, Func{string})"/>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int deadlineMs = DeadlineMs, Func<string>? found = null)
    {
        long deadline = Environment.TickCount64 + deadlineMs;
        while (true)
        {
            Exception? failure = null;
            try
            {
                if (await condition().ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or TaskCanceledException)
            {
                failure = exception;
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new TimeoutException($"not within {deadlineMs} ms: {what}; {found?.Invoke()} {failure?.Message}", failure);
            }

            await Task.Delay(LookMs).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a number grows no more although whoever raises it had its turn: after each look, others are served.</summary>
    /// <param name="look">The number now; it may try to raise it.</param>
    /// <param name="serveOthersAsync">Completes once the same engine has served somebody else, and so came past whoever raises the number.</param>
    /// <param name="max">The number that is never reached when it stops.</param>
    /// <returns>The number.</returns>
    /// <exception cref="InvalidOperationException">It grew to <paramref name="max"/>.</exception>
    public static async Task<long> StandsStillAsync(Func<long> look, Func<Task> serveOthersAsync, long max)
    {
        long seen = look();
        for (int quiet = 0; quiet < QuietRounds; quiet++)
        {
            await serveOthersAsync().ConfigureAwait(false);
            long now = look();
            if (now >= max)
            {
                throw new InvalidOperationException($"it grew to {now} and should have stopped long before");
            }

            if (now != seen)
            {
                (seen, quiet) = (now, -1);
            }
        }

        return seen;
    }
}
