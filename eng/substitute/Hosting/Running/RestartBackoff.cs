namespace Aspire.Hosting.Running;

/// <summary>How long to wait before a process that ended is started again: almost at once the first time, then ever longer.</summary>
internal sealed class RestartBackoff
{
    private const int DelayMinMs = 200;
    private const int DelayMaxMs = 10_000;

    /// <summary>A process that did well for so long starts with a clean slate.</summary>
    public static readonly TimeSpan ForgivenAfter = TimeSpan.FromSeconds(30);

    private int _delayMs = DelayMinMs;

    /// <summary>The wait before the next start.</summary>
    /// <param name="upTime">How long the process was healthy before it ended; zero when it never was.</param>
    public TimeSpan Next(TimeSpan upTime)
    {
        if (upTime >= ForgivenAfter)
        {
            _delayMs = DelayMinMs;
        }

        int delayMs = _delayMs;
        _delayMs = Math.Min(_delayMs * 2, DelayMaxMs);
        return TimeSpan.FromMilliseconds(delayMs);
    }
}
