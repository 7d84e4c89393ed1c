using Microsoft.Extensions.Hosting;

namespace Sluice.ServiceDefaults;

/// <summary>What a service's exit code tells the one that started it.</summary>
public static class ServiceExitCodes
{
    /// <summary>Stopped because it was asked to.</summary>
    public const int Clean = 0;

    /// <summary>Could not start (a busy port, say) or failed while running; trying again may help.</summary>
    public const int Failed = 1;

    /// <summary>The configuration is wrong; trying again does not help.</summary>
    public const int ConfigurationError = 2;
}

/// <summary>Lets a part of a running service end it with a reason. A singleton; any thread may call it.</summary>
public sealed class ServiceExit(IHostApplicationLifetime lifetime)
{
    private readonly Lock _lock = new();
    private ServiceStartException? _reason;

    /// <summary>Stops the service gracefully with the exit code and line of <paramref name="reason"/>. The first reason counts.</summary>
    public void Fail(ServiceStartException reason)
    {
        lock (_lock)
        {
            _reason ??= reason;
        }

        lifetime.StopApplication();
    }

    internal int Conclude(string name, IEnumerable<IHostedService> hosted)
    {
        Exception? reason = _reason ?? hosted.OfType<BackgroundService>()
            .Select(service => service.ExecuteTask?.Exception?.InnerException)
            .FirstOrDefault(exception => exception is not null and not OperationCanceledException);
        return reason is null ? ServiceExitCodes.Clean : StartFailure.Report(name, reason, Console.Error);
    }
}
