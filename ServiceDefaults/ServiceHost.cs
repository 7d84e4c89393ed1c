using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Sluice.ServiceDefaults;

/// <summary>
/// The frame around every service's Program: a slim web host with an admin address, one log entry per line, the exit codes of
/// <see cref="ServiceExitCodes"/>, and a graceful stop on SIGTERM and SIGINT or when the process that started the service is gone.
/// </summary>
/// <example><code>return await ServiceHost.RunAsync("guard", args, builder => builder.Services.AddGrpc(), app => app.MapGrpcService&lt;GuardService&gt;());</code></example>
public static class ServiceHost
{
    /// <summary>How long open work may take to end after a stop was asked for. Ten seconds: Kubernetes kills at thirty.</summary>
    public const int StopTimeoutMs = 10_000;

    /// <summary>Builds, starts and runs the service until it is told to stop.</summary>
    /// <param name="name">The service's name in messages: that of its resource, such as "kafka-cache".</param>
    /// <param name="args">The command line; it is offered to the configuration too.</param>
    /// <param name="build">Registers what the service consists of.</param>
    /// <param name="map">Maps the service's own endpoints; /health and /alive are mapped already.</param>
    /// <returns>The exit code, see <see cref="ServiceExitCodes"/>.</returns>
    public static async Task<int> RunAsync(
        string name, string[] args, Action<WebApplicationBuilder> build, Action<WebApplication>? map = null)
    {
        WebApplication? app = null;
        try
        {
            WebApplicationBuilder builder = CreateBuilder(name, args);
            build(builder);
            app = builder.Build();
            app.MapDefaultEndpoints();
            map?.Invoke(app);

            ServiceExit exit = app.Services.GetRequiredService<ServiceExit>();
            await app.StartAsync();
            LogStarted(app, name);
            await app.WaitForShutdownAsync();
            return exit.Conclude(name, app.Services.GetServices<IHostedService>());
        }
#pragma warning disable CA1031 // Whatever ends the start must end as one clear line and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return StartFailure.Report(name, exception, Console.Error);
        }
        finally
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }
        }
    }

    /// <summary>The builder that <see cref="RunAsync"/> starts from; for tests that host a service in their own process.</summary>
    public static WebApplicationBuilder CreateBuilder(string name, string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // Nothing of the working directory is read or watched: a service is configured by its environment.
            Args = [.. args, "--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietLogging });
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(options => options.FormatterName = LineFormatter.FormatterName);
        builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();

        AdminAddress admin = AdminAddress.Read(builder.Configuration);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            admin.Listen(kestrel);
        });

        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(StopTimeoutMs));
        builder.Services.AddSingleton<ServiceExit>();
        builder.Services.AddSingleton<IHostLifetime, ServiceLifetime>();
        builder.Services.AddHostedService<ParentWatch>();
        builder.AddServiceDefaults();
        return builder;
    }

    // Lowest priority, so that Logging__LogLevel__X in the environment wins.
    private static readonly Dictionary<string, string?> QuietLogging = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        ["Logging:LogLevel:Grpc"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        // A failed start and a failed background service are reported as one line by this library.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        // A probe asks many times while a service gets ready; the answer itself names the failing check.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        // Warns at every start that code binds the addresses: it does, so that a service can add listeners of its own.
        ["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel"] = "Error",
    };

    private static void LogStarted(WebApplication app, string name)
    {
        IEnumerable<string> addresses =
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Sluice." + name);
        ServiceLog.Started(logger, name, Environment.ProcessId, string.Join(' ', addresses));
    }
}
