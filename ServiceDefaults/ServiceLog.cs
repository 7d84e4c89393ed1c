using Microsoft.Extensions.Logging;

namespace Sluice.ServiceDefaults;

/// <summary>Log ids 9500-9599.</summary>
internal static partial class ServiceLog
{
    [LoggerMessage(9500, LogLevel.Information, "{Name} started, process {Pid}, admin {Addresses}")]
    public static partial void Started(ILogger logger, string name, int pid, string addresses);

    [LoggerMessage(9501, LogLevel.Warning, "the host, process {Pid}, is gone; stopping too")]
    public static partial void ParentGone(ILogger logger, int pid);
}
