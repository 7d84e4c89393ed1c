using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>The mapped topic is not all there is any more: its cache is gone, and others may have written by way of another one.</summary>
public sealed class OutdatedTopicTests
{
    [Fact]
    public void What_others_wrote_by_way_of_a_new_cache_is_waited_for_before_this_engine_has_found_that_one()
    {
        using var bed = new CacheBed();
        TopicWriter old = Lost(bed);
        old.RaiseLatestOffset(0, 1); // The new cache notes it in the files of the dead one (TopicSiblings).
        FetchPeer peer = bed.Fetch(key: "a");
        Assert.Equal(["BEGIN 1"], peer.Heard);
        bed.Announce(Next(bed, "1", "2"));
        Assert.Equal(["0:1 a=2"], peer.Records);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void When_what_it_left_was_removed_a_read_that_must_see_all_waits_for_the_next_cache(bool isBounded, bool isCompacted)
    {
        using var bed = new CacheBed();
        Lost(bed, isCompacted).Dispose();
        FetchPeer peer = bed.Fetch(isBounded);
        Assert.Empty(peer.Heard);
        bed.Announce(Next(bed, "1", "2"));
        Assert.Equal("BEGIN 1", peer.Heard[0]);
        Assert.Equal("0:1 a=2", peer.Records[^1]);
        peer.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void It_waits_five_seconds_and_is_refused_then()
    {
        using var bed = new CacheBed();
        TopicWriter old = Lost(bed);
        bed.Test.Engine.Detach(ServerId);
        bed.TopicStreams[^1].Port.Close(CloseReason.PeerLost);
        old.Dispose();
        FetchPeer patient = bed.Fetch();
        bed.Test.Advance(4949); // 50 have passed since the loss.
        Assert.Empty(patient.Heard);
        bed.Test.Advance(1);
        Assert.Equal(["ABORT Unreachable"], patient.Heard);
        Assert.Equal(["RESET Unreachable"], bed.Fetch().Heard); // From now on at once.
    }

    [Fact]
    public void A_read_that_has_begun_goes_on_and_so_does_a_live_one_of_a_topic_that_keeps_everything()
    {
        using var bed = new CacheBed();
        TopicWriter old = bed.CreateTopic(isCompacted: false);
        Append(old, 0, "a", "1");
        Append(old, 0, "b", "1");
        FetchPeer slow = bed.Fetch(peer: new FetchPeer { WindowBytes = 1, AcknowledgesAtOnce = false });
        bed.Announce(old);
        bed.Lose();
        old.Dispose();
        slow.AcknowledgeAll();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["0:0 a=1", "0:1 b=1"], slow.Records);
        FetchPeer live = bed.Fetch(isBounded: false);
        Assert.Equal(["0:0 a=1", "0:1 b=1"], live.Records);
        live.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void A_topic_that_is_cached_anew_and_does_not_come_is_not_waited_for_longer()
    {
        using var bed = new CacheBed();
        TopicWriter old = bed.CreateTopic();
        bed.Fetch();
        bed.Announce(old);
        bed.TopicStreams[0].Port.SendEnd();
        old.Dispose();
        bed.Test.TurnUntilIdle();
        FetchPeer read = bed.Fetch();
        ScriptedStream write = bed.Produce();
        bed.Test.Advance(4999);
        Assert.Empty(read.Heard);
        bed.Test.Advance(1);
        Assert.Equal(["ABORT PeerLost"], read.Heard);
        Assert.Equal("RESET PeerLost", write.Log[0]);
        bed.Announce(bed.CreateTopic());
        Assert.True(bed.Fetch().IsEnded);
    }

    // A topic with a=1, whose cache has died; the next one has been asked.
    private static TopicWriter Lost(CacheBed bed, bool isCompacted = true)
    {
        TopicWriter topic = bed.CreateTopic(isCompacted: isCompacted);
        Append(topic, 0, "a", "1");
        bed.Fetch();
        bed.Announce(topic);
        bed.Lose();
        bed.Test.Advance(50);
        return topic;
    }

    private static TopicWriter Next(CacheBed bed, params string[] values)
    {
        TopicWriter topic = bed.CreateTopic();
        foreach (string value in values)
        {
            Append(topic, 0, "a", value);
        }

        return topic;
    }
}
