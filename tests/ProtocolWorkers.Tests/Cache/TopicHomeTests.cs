using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using Sluice.ProtocolWorkers.Cache;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>Caches come and go, over real links: a topic is asked for where it is at home, the moment there is a way.</summary>
public sealed class TopicHomeTests : IDisposable
{
    private const long ClientId = 10;
    private const long ServerId = 11;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _run = Directory.CreateTempSubdirectory("slc").FullName;
    private readonly LeakObserver _observer = new();

    public void Dispose()
    {
        _observer.AssertClean();
        Directory.Delete(_run, recursive: true);
    }

    [Fact]
    public async Task A_topic_is_asked_for_when_a_cache_comes_not_when_the_next_try_is_due()
    {
        using CacheDirectory directory = CacheDirectory.Create(Path.Combine(_run, "cache"), "test");
        using TopicWriter first = Topic(directory, "first");
        using TopicWriter second = Topic(directory, "second");
        CacheClientBinding? binding = null;
        var options = new CacheClientOptions(ClientId, ServerId) { RetryMsMin = int.MaxValue, RetryMsMax = int.MaxValue, PatienceMs = int.MaxValue };
        EngineGroup workers = Play(
            "protocol-workers",
            engine =>
            {
                engine.Attach(ClientId, binding = new CacheClientBinding(engine, options, NullLogger.Instance));
                engine.Place(ServerId, "kafka-cache");
            },
            "kafka-cache");
        try
        {
            Task<string> early = ReadAsync(workers);
            EngineGroup cache = Play("kafka-cache", engine => engine.Attach(ServerId, new Cache(first)));
            Assert.Equal("first", await early.WaitAsync(Deadline));

            await cache.DisposeAsync();
            first.Dispose(); // What it had is out of date.
            Task<string> late = ReadAsync(workers);
            await using (Play("kafka-cache", engine => engine.Attach(ServerId, new Cache(second))))
            {
                Assert.Equal("second", await late.WaitAsync(Deadline));
            }
        }
        finally
        {
            await workers.DisposeAsync();
            binding?.Dispose();
        }
    }

    private EngineGroup Play(string room, Action<FrameEngine> configure, params string[] connectTo) =>
        EngineGroup.Start(new EngineGroupOptions { Room = room, RunDirectory = _run, EngineCount = 1, ConnectTo = connectTo, Observer = _observer }, configure);

    private static TopicWriter Topic(CacheDirectory directory, string value)
    {
        TopicWriter topic = directory.CreateTopic("items", 1, isCompacted: true);
        CacheBed.Append(topic, 0, "a", value);
        return topic;
    }

    private static Task<string> ReadAsync(EngineGroup workers)
    {
        var reader = new Reader();
        FrameEngine engine = workers.Engines[0];
        engine.Post(() =>
        {
            engine.Open(reader, 1, ClientId, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, isBounded: true, default, default));
            reader.Port.SendEnd();
        });
        return reader.Text.Task;
    }

    private sealed class Reader : StreamHandler
    {
        private readonly StringBuilder _text = new();

        public TaskCompletionSource<string> Text { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(64 * 1024);

        public override void OnData(in DataFrame frame)
        {
            _text.Append(Encoding.UTF8.GetString(frame.Payload));
            base.OnData(frame);
        }

        public override void OnEnd(in EndFrame frame) => Text.TrySetResult(_text.ToString());

        public override void OnClosed() => Text.TrySetResult("closed");
    }

    private sealed class Cache(TopicWriter topic) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new TopicStream(topic.Path);

        private sealed class TopicStream(string path) : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame) =>
                Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: true, path, default));
        }
    }
}
