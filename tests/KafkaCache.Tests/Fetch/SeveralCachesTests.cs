using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Fetch;

/// <summary>Two caches of one host: what one of them acknowledges is waited for by who reads at the other.</summary>
public sealed class SeveralCachesTests : IDisposable
{
    private const long Origin = 1;
    private const long Client = 2;

    private readonly string _root = Directory.CreateTempSubdirectory("sluice-cache-").FullName;
    private readonly LogList _log = new();
    private readonly TestEngine _engine = new();
    private readonly List<FetchLoop> _caches = [];
    private readonly List<TestReader> _readers = [];
    private readonly List<CacheServerBinding> _bindings = [];
    private readonly List<ScriptedStream> _followers = [];
    private readonly ScriptedBinding _client = new(_ => new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin() });

    public SeveralCachesTests() => _engine.Engine.Attach(Client, _client);

    public void Dispose()
    {
        Leave();
        _engine.Dispose();
        _caches.ForEach(cache => cache.Dispose());
        _bindings.ForEach(binding => binding.Dispose());
        string[] left = Directory.GetFiles(_root, "*", SearchOption.AllDirectories);
        Directory.Delete(_root, recursive: true);
        Assert.Empty(left);
    }

    [Fact]
    public void What_one_acknowledges_is_latest_at_the_other_before_its_writer_hears_of_it()
    {
        using TopicReader here = Read(Start(10));
        using TopicReader there = Read(Start(11));
        ScriptedStream writer = Write(10, 7, heard: () => Assert.Equal((7, 7), (here[0].LatestOffset, there[0].LatestOffset)));
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], writer.Log);

        using TopicReader late = Read(Start(12));
        Write(11, 9, heard: () => Assert.Equal((9, 9, 9), (here[0].LatestOffset, there[0].LatestOffset, late[0].LatestOffset)));
    }

    [Fact]
    public void The_broker_is_asked_for_the_ends_when_the_other_cache_has_been_told_of_the_new_file()
    {
        using TopicReader here = Read(Start(10));
        using TopicState state = TopicState.Open(Directory.GetDirectories(_root, "items-*", SearchOption.AllDirectories).Single());
        Assert.Equal(here.Epoch, state.Siblings);
        long siblings = 0;
        using TopicReader there = Read(Start(11, new TestReader { WhenEndsAsked = () => Volatile.Write(ref siblings, state.Siblings) }));
        Assert.Equal(here.Epoch + 1, Volatile.Read(ref siblings));
    }

    [Fact]
    public void A_record_that_another_cache_cannot_be_told_of_is_not_acknowledged()
    {
        using TopicReader here = Read(Start(10));
        string odd = Path.Combine(Directory.GetDirectories(_root).Single(), "ffffffffffffffff-1", "items-0000000000000001", "topic.state");
        Directory.CreateDirectory(odd);
        ScriptedStream writer = Write(10, 7);
        Assert.DoesNotContain("FLUSH", writer.Log);
        Assert.Equal("CLOSED", writer.Log[^1]);
        Assert.Equal(1, _log.Count(5016));
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(odd))!, recursive: true);
    }

    [Fact]
    public void A_topic_that_is_written_stays_cached_without_readers()
    {
        long server = Start(10, isImpatient: true);
        using TopicReader topic = Read(server);
        ScriptedStream writer = Open(server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
        _engine.TurnUntilIdle();
        Leave();
        _readers[^1].Record("items", 0, 0, "a", "1");
        _engine.TurnUntil(() => topic[0].CachedNextOffset == 1);
        writer.Port.Close(CloseReason.Cancelled);
        _engine.TurnUntil(() => topic.IsRetired);
        Assert.Equal(1, _log.Count(5008));
    }

    private long Start(long server, TestReader? reader = null, bool isImpatient = false)
    {
        reader ??= new TestReader();
        reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        reader.SetEnd("items", 0, 0);
        var settings = new FetchSettings("test:cache", [], new HashSet<string>());
        var cache = new FetchLoop(
            isImpatient ? settings with { IdleTopicMs = 0, HouseMs = 0 } : settings,
            new FetchContext("test:cache", reader, CacheDirectory.Create(_root, "test:cache"), new TopicLimits(), new FetchStatus("test:cache", "broker:9092", _log), _log));
        _readers.Add(reader);
        _caches.Add(cache);
        var binding = new CacheServerBinding(_engine.Engine, server, Client, cache);
        _bindings.Add(binding);
        _engine.Engine.Attach(server, binding);
        cache.Start();
        return server;
    }

    private TopicReader Read(long server)
    {
        ScriptedStream follower = Open(server, KafkaBeginEx.WriteTopic(ExtensionWriter.Scratch, "items"u8));
        _followers.Add(follower);
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        Assert.True(KafkaReplyEx.TryRead(follower.BeginExtension, out KafkaReplyEx reply));
        return TopicReader.TryOpen(Encoding.UTF8.GetString(reply.Path), out string? error) ?? throw new InvalidOperationException(error);
    }

    private void Leave()
    {
        _followers.ForEach(follower => follower.Port.Close(CloseReason.Cancelled));
        _followers.Clear();
        _engine.TurnUntilIdle();
    }

    // A record, which the broker takes at an offset.
    private ScriptedStream Write(long server, long offset, Action? heard = null)
    {
        ScriptedStream writer = Open(server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas), heard);
        _engine.TurnUntilIdle();
        writer.Send("value", DataFlags.Whole, "ext"u8.ToArray());
        writer.Port.SendEnd();
        _engine.TurnUntilIdle();
        ScriptedStream client = _client.Streams[^1];
        client.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, 0, offset, 5));
        client.Port.SendEnd();
        _engine.TurnUntilIdle();
        return writer;
    }

    private ScriptedStream Open(long server, ReadOnlySpan<byte> extension, Action? heard = null)
    {
        var stream = new ScriptedStream { WhenFlush = _ => heard?.Invoke() };
        _engine.Engine.Open(stream, Origin, server, extension);
        return stream;
    }
}
