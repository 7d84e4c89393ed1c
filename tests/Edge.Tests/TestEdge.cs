using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Edge.Hosting;
using Sluice.Edge.Http;
using Sluice.Edge.Transport;
using Sluice.Frames;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests;

/// <summary>Bindings of a configuration on real engines and loopback sockets, without links. Whatever exits lead to may be a test's own.</summary>
/// <remarks>Every tcp server listens on a free port. Disposing fails the test when a stream, a connection, credit or a slot is left, or a handler threw.</remarks>
internal sealed class TestEdge : IAsyncDisposable
{
    /// <summary>Names what the tests' http server exits to, unless a test says otherwise.</summary>
    public const string HttpEcho = """
        name: test
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: web }
          web: { type: http, kind: server, exit: echo }
          echo: { type: echo, kind: server }
        """;

    /// <summary>An http server whose exit is the test's own binding <c>app</c>.</summary>
    public const string HttpApp = """
        name: test
        bindings:
          net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: web }
          web: { type: http, kind: server, exit: app }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-edge-").FullName;
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().BuildServiceProvider();
    private readonly HttpServer _http;
    private readonly List<IEdgeBinding> _bindings = [];
    private readonly LeakObserver _observer = new();
    private EngineGroup? _engines;
    private EpollTransport _transport = new(null);

    private TestEdge(int connectionsMax)
    {
        _http = new HttpServer(NullLoggerFactory.Instance, _services);
        Limit = new ConnectionLimit(connectionsMax);
    }

    public ConnectionLimit Limit { get; }

    /// <summary>Where sockets come from; it knows the run directory of this suite.</summary>
    public ITcpTransport Transport => _transport;

    /// <summary>When set, dispose does not complain of streams that are left.</summary>
    public bool IsLenient { get; set; }

    public EngineGroup Engines => _engines!;

    public IPEndPoint Address => _bindings.OfType<TcpServer>().Single().Addresses.First();

    public Uri Url => new($"http://{Address}/");

    public static async Task<TestEdge> StartAsync(
        string yaml,
        Func<FrameEngine, IBinding>? app = null,
        bool isEpoll = true,
        int engines = 2,
        int connectionsMax = ConnectionLimit.DefaultMax,
        long? memoryBytes = null)
    {
        var edge = new TestEdge(connectionsMax);
        LoadResult result = ConfigurationLoader.LoadText(yaml, "test.yaml");
        Assert.Empty(result.Errors);
        edge.Run(result.Configuration!, app, isEpoll && OperatingSystem.IsLinux(), engines, memoryBytes);
        await edge._http.StartAsync(CancellationToken.None);
        foreach (IEdgeBinding binding in edge._bindings)
        {
            await binding.StartAsync(CancellationToken.None);
        }

        return edge;
    }

    /// <summary>Stops as the service does: nobody is let in, requests under way may end.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        foreach (IEdgeBinding binding in _bindings)
        {
            await binding.StopAsync(deadline);
        }

        await _http.StopAsync(deadline);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!IsLenient)
            {
                await Eventually.TrueAsync(
                    () => Engines.StreamCount == 0 && Limit.Count == 0,
                    "all streams and connections are over",
                    found: () => $"{Engines.StreamCount} and {Limit.Count} are left");
            }

            using var deadline = new CancellationTokenSource(1000);
            await StopAsync(deadline.Token);
            if (!IsLenient)
            {
                await Leaks.AssertNoneOpenAsync(Engines); // The listeners are closed too now.
            }
        }
        finally
        {
            _http.Dispose();
            await Engines.DisposeAsync();
            await _services.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }

        _observer.AssertClean();
    }

    private void Run(GatewayConfiguration configuration, Func<FrameEngine, IBinding>? app, bool isEpoll, int engines, long? memoryBytes)
    {
        _transport = new EpollTransport(isEpoll ? _directory : null);
        var parts = new EdgeParts(_http, _transport, Limit, NullLogger.Instance);
        List<(long Id, IEdgeBinding Binding)> own = [.. configuration.Bindings.Select(binding => (binding.Id, Create(binding, parts)))];
        _bindings.AddRange(own.Select(entry => entry.Binding));
        _engines = EngineGroup.Start(
            new EngineGroupOptions { Room = "edge", EngineCount = engines, MemoryBytes = memoryBytes, RunDirectory = isEpoll ? _directory : null, Observer = _observer },
            engine =>
            {
                foreach ((long id, IEdgeBinding binding) in own)
                {
                    engine.Attach(id, binding.Create(engine));
                }

                if (app is not null)
                {
                    engine.Attach(Labels.Id("test:app"), app(engine));
                }
            });
    }

    private IEdgeBinding Create(BindingConfiguration binding, EdgeParts parts) => binding.Type == "tcp"
        ? new TcpServer(TcpServerOptions.From(binding) with { Ports = [0] }, parts.Transport, Limit, NullLogger.Instance)
        : EdgeBindings.Create(binding, parts);
}
