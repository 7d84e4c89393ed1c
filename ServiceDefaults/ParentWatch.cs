using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sluice.ServiceDefaults;

/// <summary>
/// Stops the service when the process named by SLUICE_PARENT_PID is gone, so that killing a host leaves nothing behind.
/// </summary>
/// <remarks>A thread of its own with a small stack sleeps until the kernel tells; where it cannot, it looks every two seconds.</remarks>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime, ILogger<ParentWatch> logger) : IHostedService, IDisposable
{
    public const string ParentPidKey = "SLUICE_PARENT_PID";
    private const int LookMs = 2000;
    private const int WaitMs = 60_000; // A wake-up that went wrong costs this much.
    private const int StackBytes = 128 * 1024;

    private readonly ManualResetEventSlim _stop = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable(ParentPidKey), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            new Thread(() => Watch(pid), StackBytes) { IsBackground = true, Name = "parent watch" }.Start();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Set();
        return Task.CompletedTask;
    }

    public void Dispose() => _stop.Set(); // Not disposed of: the thread may still look at it, and it holds nothing.

    private void Watch(int pid)
    {
        using var parent = new ParentProcess(pid);
        bool isGone = parent.IsGone;
        while (!isGone && !_stop.IsSet)
        {
            if (parent.CanWait)
            {
                isGone = parent.WaitForEnd(WaitMs);
            }
            else
            {
                _stop.Wait(LookMs);
                isGone = parent.IsGone;
            }
        }

        if (isGone)
        {
            ServiceLog.ParentGone(logger, pid);
            lifetime.StopApplication();
        }
    }
}
