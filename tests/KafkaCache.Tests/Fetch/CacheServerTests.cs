using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Segments;
using Sluice.KafkaCache.Tests.Segments;

namespace Sluice.KafkaCache.Tests.Fetch;

public sealed class CacheServerTests : IDisposable
{
    private const long Origin = 1;
    private const long Server = 2;
    private const long Client = 3;

    private readonly string _root = Directory.CreateTempSubdirectory("sluice-cache-").FullName;
    private readonly TestReader _reader = new();
    private readonly LogList _log = new();
    private readonly TestEngine _engine = new();
    private FetchLoop? _fetch;

    public void Dispose()
    {
        _engine.Dispose();
        _fetch?.Dispose();
        string[] left = Directory.GetFiles(_root, "*", SearchOption.AllDirectories);
        Directory.Delete(_root, recursive: true);
        Assert.Empty(left);
        Assert.Equal(0, _log.Count(5012));
    }

    [Fact]
    public void A_topic_is_shown_once_the_broker_has_told_where_every_partition_ends()
    {
        Start(new FetchSettings("test:cache", [], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 2, IsCompacted = true };
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.SetEnd("items", 0, 2);
        _reader.Record("items", 0, 0, "a", "1");
        _engine.TurnUntilIdle();
        Assert.Empty(follower.Log);

        _reader.End("items", 1, 0);
        _engine.TurnUntil(() => follower.Log.Count > 0);
        Assert.True(KafkaReplyEx.TryRead(follower.BeginExtension, out KafkaReplyEx reply));
        Assert.True(reply.IsCompacted);
        using TopicReader topic = TopicReader.TryOpen(Encoding.UTF8.GetString(reply.Path), out _)!;
        Assert.Equal(2, topic.PartitionCount);
        Assert.Equal((1, -1), (topic[0].LatestOffset, topic[1].LatestOffset));
        Assert.Equal((1, 0), (topic[0].CachedNextOffset, topic[1].CachedNextOffset)); // Offset 1 is known to exist and still to come.

        _reader.Record("items", 0, 1, "a", "2");
        _engine.TurnUntil(() => topic[0].CachedNextOffset == 2 && follower.Log.Contains("FLUSH"));
        Assert.Equal(["0:a=1", "1:a=2"], TemporaryCache.ReadAll(topic[0]));
        Close(follower);
    }

    [Fact]
    public void A_reader_that_knows_of_other_caches_is_answered_once_the_broker_has_told_the_ends_again()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.End("items", 0, 0);
        ScriptedStream alone = Follow("items");
        _engine.TurnUntil(() => alone.Log.Contains("BEGIN") && _reader.EndsAsked == 1); // When it began to be cached.

        _reader.SetEnd("items", 0, 5); // Written through another cache; its records are on their way.
        ScriptedStream moved = Follow("items", hasOthers: true);
        _engine.TurnUntil(() => moved.Log.Contains("BEGIN"));
        Assert.Equal(2, _reader.EndsAsked);
        using TopicReader topic = Open(moved);
        Assert.Equal((4, 0), (topic[0].LatestOffset, topic[0].CachedNextOffset));
        Close(alone);
        Close(moved);
    }

    [Fact]
    public void A_reader_that_shares_no_memory_gets_the_records_as_frames_and_what_was_acknowledged_is_among_them()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1, IsCompacted = true };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.Record("items", 0, 0, "a", "1");
        _reader.End("items", 0, 1);
        var first = new ScriptedStream { WindowBytes = 4096 };
        Read(first);
        _engine.TurnUntil(() => first.Log.Contains("END"));
        Assert.Equal("1", first.ReceivedText);

        _fetch!.RaiseLatestOffset("items", 0, 1); // Acknowledged, and not here yet.
        var second = new ScriptedStream { WindowBytes = 4096 };
        Read(second);
        _engine.TurnUntil(() => second.Log.Contains("BEGIN"));
        _engine.TurnUntilIdle();
        Assert.Equal("", second.ReceivedText);
        _reader.Record("items", 0, 1, "b", "2");
        _engine.TurnUntil(() => second.Log.Contains("END"));
        Assert.Equal("12", second.ReceivedText);
        _engine.Advance(30_000); // The files are let go.

        void Read(ScriptedStream reader)
        {
            _engine.Engine.Open(reader, Origin, Server, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, isBounded: true, [], default));
            reader.Port.SendEnd();
        }
    }

    [Fact]
    public void However_much_moves_a_follower_hears_of_it_once_a_turn()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _reader.End("items", 0, 0);
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.End("items", 0, 0);
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        using TopicReader topic = Open(follower);
        for (int i = 0; i < 3000; i++)
        {
            _reader.Record("items", 0, i, "k" + i, "v");
        }

        long deadline = Environment.TickCount64 + 10_000;
        while (topic[0].CachedNextOffset < 3000)
        {
            Assert.True(Environment.TickCount64 < deadline);
            Thread.Yield(); // The engine does not turn: news pile up.
        }

        int before = follower.Log.Count;
        _engine.TurnUntil(() => follower.Log.Count > before);
        _engine.Turn();
        Assert.InRange(follower.Log.Count - before, 1, 2);
        Close(follower);
    }

    [Fact]
    public void A_topic_that_does_not_exist_is_waited_for_and_said_so_once()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()) { LookForMsMin = 5, LookForMsMax = 10 });
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => _fetch!.Status.Describe() == "waits for topic items");
        int looks = 0;
        _engine.TurnUntil(() => looks++ > 200);
        Assert.Empty(follower.Log);
        Assert.Equal(1, _log.Count(5002));

        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.End("items", 0, 0);
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        Assert.Null(_fetch!.Status.Describe());
        Close(follower);
    }

    [Fact]
    public void A_broker_that_does_not_answer_is_waited_for_and_its_return_is_noticed()
    {
        _reader.IsReachable = false;
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()) { LookForMsMin = 5, LookForMsMax = 10 });
        _engine.TurnUntil(() => _fetch!.Status.Describe() is not null);
        Assert.Equal("waits for Kafka at broker:9092: told to", _fetch!.Status.Describe());
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _reader.IsReachable = true;
        _engine.TurnUntil(() => _log.Count(5003) == 1 && _log.Count(5001) == 1);
        Assert.Equal(1, _log.Count(5000));

        // Old news: it answers.
        _reader.LoseBrokers();
        int looks = 0;
        _engine.TurnUntil(() => looks++ > 100);
        Assert.Equal(1, _log.Count(5000));

        _reader.IsReachable = false;
        _reader.LoseBrokers();
        _engine.TurnUntil(() => _log.Count(5000) == 2);
        _reader.IsReachable = true;
        _engine.TurnUntil(() => _log.Count(5001) == 2);
    }

    [Fact]
    public void A_topic_whose_offsets_go_back_is_read_anew_and_its_followers_are_sent_there()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.Record("items", 0, 0, "a", "old");
        _reader.Record("items", 0, 1, "b", "old");
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        using TopicReader old = Open(follower);
        _engine.TurnUntil(() => old[0].CachedNextOffset == 2);

        _reader.Record("items", 0, 0, "a", "new");
        _engine.TurnUntil(() => follower.Log.Contains("END") && old.IsRetired);
        Assert.Equal(1, _log.Count(5005));
        Close(follower);

        ScriptedStream again = Follow("items");
        _reader.Record("items", 0, 0, "a", "new");
        _engine.TurnUntil(() => again.Log.Contains("BEGIN"));
        using TopicReader fresh = Open(again);
        _engine.TurnUntil(() => fresh[0].CachedNextOffset == 1);
        Assert.Equal(["0:a=new"], TemporaryCache.ReadAll(fresh[0]));
        Assert.NotEqual(old.Epoch, fresh.Epoch);
        Assert.Equal(["items/0@-2", "-items", "items/0@-2"], _reader.Assignments);
        Close(again);
    }

    [Fact]
    public void New_partitions_are_picked_up()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()) { LookMs = 20 });
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.End("items", 0, 0);
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        using TopicReader topic = Open(follower);
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 3 };
        _engine.TurnUntil(() => _reader.Assignments.Count == 3);
        _reader.Record("items", 1, 0, "a", "1");
        _reader.End("items", 2, 0);
        _engine.TurnUntil(() => topic.Refresh() && topic.PartitionCount == 3);
        _engine.TurnUntil(() => TemporaryCache.ReadAll(topic[1]).Count == 1);
        Assert.Equal(["items/0@-2", "items/1@-2", "items/2@-2"], _reader.Assignments);
        Close(follower);
    }

    [Fact]
    public void A_live_topic_starts_at_its_end_by_its_exact_name()
    {
        Start(new FetchSettings("test:cache", ["now", "now2"], new HashSet<string> { "now" }));
        _reader.Topics["now"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _reader.Topics["now2"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _reader.Assignments.Count == 2);
        Assert.Equal(["now/0@-1", "now2/0@-2"], _reader.Assignments.Order());
    }

    [Fact]
    public void A_topic_that_is_denied_refuses_its_followers_with_the_code()
    {
        Start(new FetchSettings("test:cache", [], new HashSet<string>()));
        _reader.Topics["secret"] = new TopicDescription(TopicLookup.Denied, "not for you");
        ScriptedStream follower = Follow("secret");
        _engine.TurnUntil(() => follower.Log.Contains("CLOSED"));
        Assert.Equal("RESET Refused", follower.Log[0]);
        Assert.Equal(KafkaErrors.TopicAuthorizationFailed, KafkaCloseEx.ReadError(follower.Extensions[0]));
    }

    [Fact]
    public void Names_no_topic_can_have_are_refused_and_so_are_too_many_topics()
    {
        Start(new FetchSettings("test:cache", ["one", "two"], new HashSet<string>()) { TopicsMax = 2 });
        ScriptedStream odd = Follow("../etc/passwd");
        ScriptedStream third = Follow("three");
        _engine.TurnUntilIdle();
        Assert.Equal("RESET Refused", odd.Log[0]);
        Assert.Equal("RESET LimitExceeded", third.Log[0]);
    }

    [Fact]
    public void Produce_streams_pass_to_the_client_and_the_latest_offset_rises_before_the_acknowledgement_arrives()
    {
        Start(new FetchSettings("test:cache", ["items"], new HashSet<string>()));
        _reader.Topics["items"] = new TopicDescription(TopicLookup.Found) { PartitionCount = 1 };
        _engine.TurnUntil(() => _log.Count(5003) == 1);
        _reader.End("items", 0, 0);
        ScriptedStream follower = Follow("items");
        _engine.TurnUntil(() => follower.Log.Contains("BEGIN"));
        using TopicReader topic = Open(follower);

        var client = new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin() };
        _engine.Engine.Attach(Client, new ScriptedBinding(_ => client));
        var sender = new ScriptedStream();
        _engine.Engine.Open(sender, Origin, Server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
        _engine.TurnUntilIdle();
        sender.Send("value", DataFlags.Whole, "ext"u8.ToArray());
        Assert.True(sender.Port.TrySendNull("gone"u8));
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'value'", "DATA whole null", "END"], client.Log);

        client.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, 0, 41, 5));
        client.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(41, topic[0].LatestOffset);
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
        Close(follower);
    }

    [Fact]
    public void A_produce_stream_that_is_refused_or_abandoned_leaves_nothing_open()
    {
        Start(new FetchSettings("test:cache", [], new HashSet<string>()));
        byte[] reason = KafkaCloseEx.Write(new byte[64], KafkaErrors.MessageTooLarge).ToArray();
        _engine.Engine.Attach(Client, new ScriptedBinding(_ => new ScriptedStream
        {
            WhenBegin = stream => stream.Port.SendBegin(),
            WhenData = stream =>
            {
                stream.Port.SendReset(CloseReason.Refused, reason);
                stream.Port.SendAbort(CloseReason.Refused, reason);
            },
        }));
        var refused = new ScriptedStream();
        var leaving = new ScriptedStream();
        foreach (ScriptedStream sender in new[] { refused, leaving })
        {
            _engine.Engine.Open(sender, Origin, Server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
        }

        _engine.TurnUntilIdle();
        refused.Send("value");
        leaving.Port.Close(CloseReason.Cancelled);
        _engine.TurnUntilIdle();
        Assert.Equal(KafkaErrors.MessageTooLarge, KafkaCloseEx.ReadError(refused.Extensions[refused.Log.IndexOf("RESET Refused")]));
        Assert.Equal("CLOSED", refused.Log[^1]);
        Assert.Equal("CLOSED", leaving.Log[^1]);

        // And a client that nobody runs.
        _engine.Engine.Detach(Client);
        var lost = new ScriptedStream();
        _engine.Engine.Open(lost, Origin, Server, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
        _engine.TurnUntilIdle();
        Assert.Equal("RESET Unreachable", lost.Log[0]);
    }

    private void Start(FetchSettings settings)
    {
        var status = new FetchStatus("test:cache", "broker:9092", _log);
        _fetch = new FetchLoop(settings, new FetchContext(
            "test:cache", _reader, CacheDirectory.Create(_root, "test:cache"), new TopicLimits(), status, _log));
        _engine.Engine.Attach(Server, new CacheServerBinding(_engine.Engine, Server, Client, _fetch));
        _fetch.Start();
    }

    private ScriptedStream Follow(string topic, bool hasOthers = false)
    {
        var follower = new ScriptedStream();
        _engine.Engine.Open(follower, Origin, Server, KafkaBeginEx.WriteTopic(ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic), hasOthers));
        return follower;
    }

    private static TopicReader Open(ScriptedStream follower)
    {
        Assert.True(KafkaReplyEx.TryRead(follower.BeginExtension, out KafkaReplyEx reply));
        return TopicReader.TryOpen(Encoding.UTF8.GetString(reply.Path), out string? error) ?? throw new InvalidOperationException(error);
    }

    private void Close(ScriptedStream follower)
    {
        follower.Port.Close(CloseReason.Cancelled);
        _engine.TurnUntilIdle();
    }
}
