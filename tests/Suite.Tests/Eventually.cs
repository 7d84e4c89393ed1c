namespace Sluice.Suite.Tests;

/// <summary>Waits for what must come, with a deadline and a reason.</summary>
internal static class Eventually
{
    public const int DeadlineMs = 60_000;

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int deadlineMs = DeadlineMs)
    {
        long deadline = Environment.TickCount64 + deadlineMs;
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
            {
                last = exception;
            }

            Assert.True(Environment.TickCount64 < deadline, $"not within {deadlineMs / 1000} s: {what} {last?.Message}");
            await Task.Delay(20);
        }
    }
}
