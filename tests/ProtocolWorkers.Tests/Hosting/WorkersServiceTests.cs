using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Testing;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;
using Sluice.ProtocolWorkers.Hosting;
using Sluice.ProtocolWorkers.Tests.Cache;

namespace Sluice.ProtocolWorkers.Tests.Hosting;

/// <summary>The service between a process that plays Edge and one that plays KafkaCache, over real links.</summary>
public sealed class WorkersServiceTests : IDisposable
{
    private const string Gateway = """
        name: test
        bindings:
          api:
            type: http-kafka
            kind: proxy
            routes:
              - { when: [ { method: GET, path: "/items/{id}" } ], exit: items, with: { capability: fetch, topic: items, filters: [ { key: "${params.id}" } ] } }
          items: { type: kafka, kind: cache_client, exit: cache }
          cache: { type: kafka, kind: cache_server, exit: broker }
          broker: { type: kafka, kind: client, options: { servers: [ "localhost:9092" ] }, exit: dial }
          dial: { type: tcp, kind: client }
        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _run = Directory.CreateTempSubdirectory("slc").FullName;
    private readonly GatewayConfiguration _gateway = ConfigurationLoader.LoadText(Gateway, "test.yaml").Configuration!;

    private readonly LeakObserver _observer = new();

    public void Dispose()
    {
        _observer.AssertClean();
        Directory.Delete(_run, recursive: true);
    }

    [Fact]
    public async Task A_request_passes_from_edge_to_the_cache_and_its_record_comes_back()
    {
        using CacheDirectory directory = CacheDirectory.Create(Path.Combine(_run, "cache"), "test");
        using TopicWriter topic = directory.CreateTopic("items", 1, isCompacted: true);
        CacheBed.Append(topic, 0, "7", "{\"name\":\"lamp\"}", "content-type=application/json");

        WorkersService service = NewService();
        await service.StartAsync(CancellationToken.None);
        Assert.Equal(HealthStatus.Unhealthy, (await Health(service)).Status);
        Assert.StartsWith("waiting for kafka-cache", (await Health(service)).Description, StringComparison.Ordinal);

        await using (EngineGroup cache = Play("kafka-cache", engine => engine.Attach(_gateway.Find("test:cache")!.Id, new CacheServer(topic.Path))))
        await using (EngineGroup edge = Play("edge", engine => engine.Place(_gateway.Find("test:api")!.Id, "protocol-workers"), "protocol-workers"))
        {
            await Until(async () => (await Health(service)).Status == HealthStatus.Healthy);
            await Until(() => Task.FromResult(edge.HasLinkTo("protocol-workers")));
            Assert.Equal("200 {\"name\":\"lamp\"}", await Get(edge, "/items/7"));
            Assert.Equal("404 ", await Get(edge, "/items/8"));
            Assert.Equal("RESET NoRoute", await Get(edge, "/other"));
        }

        await Until(async () => (await Health(service)).Status == HealthStatus.Unhealthy);
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Without_the_cache_a_request_learns_after_five_seconds_that_it_cannot_be_reached()
    {
        WorkersService service = NewService();
        await service.StartAsync(CancellationToken.None);
        await using (EngineGroup edge = Play("edge", engine => engine.Place(_gateway.Find("test:api")!.Id, "protocol-workers"), "protocol-workers"))
        {
            await Until(() => Task.FromResult(edge.HasLinkTo("protocol-workers")));
            Assert.Equal("ABORT Unreachable", await Get(edge, "/items/7"));
        }

        await service.StopAsync(CancellationToken.None);
    }

    private WorkersService NewService() => new(_gateway, new WorkersOptions(_run, 0, 0) { Engines = new EngineSettings(2, [], EngineSettings.StallMsUsual) }, NullLoggerFactory.Instance, new ServiceCollection().BuildServiceProvider());

    private static Task<HealthCheckResult> Health(WorkersService service) => service.CheckHealthAsync(new HealthCheckContext());

    private EngineGroup Play(string room, Action<FrameEngine> configure, params string[] connectTo) =>
        EngineGroup.Start(new EngineGroupOptions { Room = room, RunDirectory = _run, EngineCount = 1, ConnectTo = connectTo, Observer = _observer }, configure);

    private async Task<string> Get(EngineGroup edge, string path)
    {
        var client = new Client();
        FrameEngine engine = edge.Engines[0];
        engine.Post(() =>
        {
            ExtensionWriter request = HttpEx.Write(ExtensionWriter.Scratch);
            request.AddHeader(":method"u8, "GET"u8);
            request.AddHeader(":path"u8, path);
            request.CloseHeaders();
            engine.Open(client, 1, _gateway.Find("test:api")!.Id, request.Written);
            client.Port.SendEnd();
        });
        return await client.Answer.Task.WaitAsync(Deadline);
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    private sealed class Client : StreamHandler
    {
        private readonly StringBuilder _text = new();

        public TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void OnBegin(in BeginFrame frame)
        {
            HttpEx.TryRead(frame.Extension, out HttpEx http);
            http.Headers.TryGet(":status"u8, out ReadOnlySpan<byte> status);
            _text.Append(Encoding.UTF8.GetString(status)).Append(' ');
            Port.SendWindow(64 * 1024);
        }

        public override void OnData(in DataFrame frame)
        {
            _text.Append(Encoding.UTF8.GetString(frame.Payload));
            base.OnData(frame);
        }

        public override void OnEnd(in EndFrame frame) => Answer.TrySetResult(_text.ToString());

        public override void OnAbort(in CloseFrame frame)
        {
            Answer.TrySetResult($"ABORT {frame.Reason}");
            base.OnAbort(frame);
        }

        public override void OnReset(in CloseFrame frame)
        {
            Answer.TrySetResult($"RESET {frame.Reason}");
            base.OnReset(frame);
        }
    }

    private sealed class CacheServer(string path) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new TopicStream(path);

        private sealed class TopicStream(string path) : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame) =>
                Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: true, path, default));
        }
    }
}
