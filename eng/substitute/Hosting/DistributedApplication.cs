using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>An application whose resources the substitute runs as processes of this machine.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly ApplicationRun _run;
    private readonly EntryPointRun? _test = EntryPointRun.Current;
    private bool _disposed;

    internal DistributedApplication(IHost host, RunContext context)
    {
        _host = host;
        _run = new ApplicationRun(context);
        ResourceNotifications = context.Notifications;
    }

    /// <summary>The host's own services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The states of the resources.</summary>
    public ResourceNotificationService ResourceNotifications { get; }

    internal ApplicationRun Application => _run;

    /// <summary>Starts to describe an application without a command line.</summary>
    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    /// <summary>Starts to describe an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) =>
        CreateBuilder(new DistributedApplicationOptions { Args = args });

    /// <summary>Starts to describe an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        new DistributedApplicationBuilder(options);

    /// <summary>
    /// Runs until Ctrl-C, SIGTERM or a failure that ends the application, or publishes and returns. A failure leaves its exit code
    /// in <see cref="Environment.ExitCode"/>.
    /// </summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <inheritdoc cref="Run"/>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_test is not null)
        {
            await _test.WaitUntilTestEndsAsync().ConfigureAwait(false); // The test starts and stops; the entry point only waits.
            return;
        }

        int exitCode = await _run.RunToEndAsync(cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            Environment.ExitCode = exitCode;
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Starts the resources in the order of their dependencies, without waiting for them to be healthy.</summary>
    public virtual Task StartAsync(CancellationToken cancellationToken = default) => _run.StartAsync(cancellationToken);

    /// <summary>Stops the resources, those first that others do not depend on.</summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _run.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops what still runs.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _run.DisposeAsync().ConfigureAwait(false);
        _host.Dispose();
        if (_test is not null)
        {
            await _test.EndAsync().ConfigureAwait(false);
        }

        GC.SuppressFinalize(this);
    }
}
