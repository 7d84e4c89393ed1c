namespace Sluice.Guard.Hosting;

/// <summary>Log ids 6000-6999.</summary>
internal static partial class GuardLog
{
    [LoggerMessage(6000, LogLevel.Information, "{Count} guards")]
    public static partial void Serving(ILogger logger, int count);

    [LoggerMessage(6001, LogLevel.Warning, "guard {Guard} is inline and checks nothing, yet routes of {Binding} rely on it: any credentials pass")]
    public static partial void InlineGuardsRoute(ILogger logger, string guard, string binding);

    [LoggerMessage(6002, LogLevel.Warning, "guard {Guard} keeps {SessionsMax} sessions, its limit; new clients are refused until others leave")]
    public static partial void SessionLimit(ILogger logger, string guard, int sessionsMax);
}
