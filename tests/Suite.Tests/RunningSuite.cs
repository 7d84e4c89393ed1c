using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sluice.Suite.Tests;

/// <summary>The real processes, started through the AppHost on free ports with data of their own; nothing is left behind.</summary>
public sealed class RunningSuite : IAsyncDisposable
{
    /// <summary>Longest wait for the suite to stand, in milliseconds: generous, the machine may be busy.</summary>
    public const int StartMsMax = 60_000;

    private readonly string _directory;
    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly DistributedApplication _application;

    private RunningSuite(string directory, int port, int kafkaPort, IDistributedApplicationTestingBuilder builder, DistributedApplication application)
    {
        _directory = directory;
        _builder = builder;
        _application = application;
        Port = port;
        Kafka = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{kafkaPort}");
        Http = NewClient();
    }

    /// <summary>Where the gateway listens.</summary>
    public int Port { get; }

    /// <summary>Bootstrap address of the embedded broker.</summary>
    public string Kafka { get; }

    /// <summary>A client of the gateway.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts the quickstart, or another configuration whose port stands as <paramref name="portText"/> in its text.</summary>
    public static async Task<RunningSuite> StartAsync(string configuration = "examples/quickstart/sluice.yaml", string portText = "7114", params string[] arguments)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-suite-").FullName;
        int port = FreePort();
        int kafkaPort = FreePort();
        string source = Path.Combine(Repository.Root, configuration);
        string copy = Path.Combine(directory, Path.GetFileName(source));
        await File.WriteAllTextAsync(copy, (await File.ReadAllTextAsync(source)).Replace(portText, port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        string topics = Path.Combine(Path.GetDirectoryName(source)!, "topics.yaml");
        if (File.Exists(topics))
        {
            File.Copy(topics, Path.Combine(directory, "topics.yaml"));
        }

        string[] all = [.. arguments, "--config", copy, "--kafka-data", Path.Combine(directory, "kafka"), "--kafka-port", kafkaPort.ToString(CultureInfo.InvariantCulture)];
        IDistributedApplicationTestingBuilder builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(all);
        DistributedApplication application = await builder.BuildAsync();
        var suite = new RunningSuite(directory, port, kafkaPort, builder, application);
        try
        {
            using var deadline = new CancellationTokenSource(StartMsMax);
            await application.StartAsync(deadline.Token);
            await application.ResourceNotifications.WaitForResourceHealthyAsync("edge", deadline.Token);
            return suite;
        }
        catch
        {
            await suite.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client with connections of its own.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{Port}")),
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>Process id of a service now (of one of several: <c>edge-1</c>); null while it is down.</summary>
    public int? ProcessId(string service)
    {
        if (!_application.ResourceNotifications.TryGetCurrentState(service, out ResourceEvent? state))
        {
            return null;
        }

        object? value = state.Snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value
            ?? state.Snapshot.Properties.FirstOrDefault(property => property.Name == "resource.pid")?.Value;
        return value is null ? null : Convert.ToInt32(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Kills a service as the kernel would.</summary>
    /// <returns>The process id that is gone.</returns>
    public int Kill(string service)
    {
        int id = ProcessId(service) ?? throw new InvalidOperationException($"{service} does not run");
        using Process process = Process.GetProcessById(id);
        process.Kill();
        return id;
    }

    /// <summary>Waits until a service runs in another process and is healthy.</summary>
    public async Task ReturnedAsync(string service, int oldProcessId)
    {
        await Eventually.TrueAsync(
            () => ProcessId(service) is { } id && id != oldProcessId
                && _application.ResourceNotifications.TryGetCurrentState(service, out ResourceEvent? state) && state.Snapshot.HealthStatus == HealthStatus.Healthy,
            $"{service} runs again and is healthy");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _builder.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
