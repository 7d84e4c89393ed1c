using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Sluice.ServiceDefaults;

/// <summary>
/// Stops the service on SIGTERM, SIGQUIT and SIGINT. Started by a host that passes SLUICE_PARENT_PID, it leaves SIGINT alone: a
/// Ctrl-C in a terminal reaches every process of the group at once, and the host stops them in the right order itself.
/// </summary>
internal sealed class ServiceLifetime(IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        bool hasHost = Environment.GetEnvironmentVariable(ParentWatch.ParentPidKey) is { Length: > 0 };
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, hasHost ? Ignore : Stop));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // The default would end the process at once.
        lifetime.StopApplication();
    }
}
