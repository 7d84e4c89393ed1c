using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sluice.ServiceDefaults;

/// <summary>
/// Stops the service when the process named by SLUICE_PARENT_PID is gone, so that killing a host leaves nothing behind.
/// </summary>
/// <remarks>
/// Looks every two seconds. The kernel hands a child to another parent the moment its own dies, even while the dead one still waits to
/// be collected, so the parent's id is the best witness; a process started through a wrapper falls back on "is it still there".
/// </remarks>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime, ILogger<ParentWatch> logger) : BackgroundService
{
    public const string ParentPidKey = "SLUICE_PARENT_PID";
    private const int PeriodMs = 2000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(ParentPidKey), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return;
        }

        bool isDirectChild = !OperatingSystem.IsWindows() && GetParentPid() == pid;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(PeriodMs));
        try
        {
            do
            {
                if (isDirectChild ? GetParentPid() != pid : !Exists(pid))
                {
                    ServiceLog.ParentGone(logger, pid);
                    lifetime.StopApplication();
                    return;
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service stops for another reason.
        }
    }

    private static bool Exists(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentPid();
}
