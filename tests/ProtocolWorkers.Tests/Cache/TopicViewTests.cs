using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>How long a topic stays open, and what readers see while the cache is gone.</summary>
public sealed class TopicViewTests
{
    [Fact]
    public void All_streams_of_an_engine_share_one_view_and_it_closes_30_seconds_after_the_last()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        bed.Fetch();
        bed.Announce(topic);
        bed.Fetch();
        bed.Test.Advance(29_000);
        bed.Fetch();
        bed.Test.Advance(29_999);
        Assert.Single(bed.TopicStreams);
        Assert.Equal(1, bed.Binding.TopicCount);
        bed.Test.Advance(1);
        Assert.Equal(0, bed.Binding.TopicCount);
        Assert.Contains("CLOSED", bed.TopicStreams[0].Log);
    }

    [Fact]
    public void While_the_cache_is_gone_reads_are_served_from_what_is_mapped()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1");
        bed.Fetch();
        bed.Announce(topic);
        bed.Test.Engine.Detach(ServerId);
        bed.Lose();
        Assert.Equal(["0:0 a=1"], bed.Fetch(key: "a").Records);
        Assert.Equal(["0:0 a=1"], bed.Fetch().Records);
        bed.Test.Advance(10_000);
        Assert.Equal(["0:0 a=1"], bed.Fetch().Records);
    }

    [Fact]
    public void While_the_cache_is_gone_writes_wait_for_it_five_seconds_at_most()
    {
        using var bed = new CacheBed();
        bed.Fetch();
        bed.Announce(bed.CreateTopic());
        bed.Lose();
        ScriptedStream patient = bed.Produce();
        bed.Test.Advance(50);
        Assert.Empty(patient.Log);
        bed.Announce(bed.CreateTopic());
        Assert.Equal(["BEGIN"], patient.Log);
        patient.Port.SendEnd();
        bed.Test.TurnUntilIdle();

        bed.Test.Engine.Detach(ServerId);
        bed.Lose();
        ScriptedStream late = bed.Produce();
        bed.Test.Advance(4999);
        Assert.Empty(late.Log);
        bed.Test.Advance(1);
        Assert.Equal(["RESET Unreachable", "CLOSED"], late.Log);
        Assert.Equal(["RESET Unreachable", "CLOSED"], bed.Produce().Log); // From now on at once.

        bed.Test.Engine.Attach(ServerId, bed.Server);
        bed.Test.Advance(1000);
        bed.Announce(bed.CreateTopic());
        ScriptedStream again = bed.Produce();
        Assert.Equal(["BEGIN"], again.Log);
        again.Port.SendEnd();
    }

    [Fact]
    public void A_cache_that_refuses_a_topic_is_not_waited_for()
    {
        using var bed = new CacheBed();
        FetchPeer fetch = bed.Fetch();
        ScriptedStream produce = bed.Produce();
        bed.TopicStreams[0].Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, KafkaErrors.TopicAuthorizationFailed));
        bed.Test.TurnUntilIdle();
        Assert.Equal(["ABORT Refused"], fetch.Heard);
        Assert.Equal(["RESET Refused", "CLOSED"], produce.Log);
    }

    [Fact]
    public void A_new_cache_takes_over_when_it_has_read_as_far_as_the_old_one()
    {
        using var bed = new CacheBed();
        TopicWriter old = bed.CreateTopic();
        Append(old, 0, "a", "1");
        Append(old, 0, "b", "1");
        FetchPeer live = bed.Fetch(isBounded: false);
        bed.Announce(old);
        bed.Lose();
        bed.Test.Advance(49);
        Assert.Single(bed.TopicStreams);
        bed.Test.Advance(1);
        Assert.Equal(2, bed.TopicStreams.Count);

        TopicWriter fresh = bed.CreateTopic();
        fresh.RaiseLatestOffset(0, 1);
        bed.Announce(fresh);
        Append(fresh, 0, "a", "1");
        bed.Moved();
        Assert.Equal(["0:0 a=1", "0:1 b=1"], bed.Fetch().Records); // Still from the old one: no read waits.
        Append(fresh, 0, "b", "1");
        bed.Moved();
        old.Dispose();
        Append(fresh, 0, "c", "1");
        bed.Moved();
        Assert.Equal(["0:0 a=1", "0:1 b=1", "0:2 c=1"], bed.Fetch().Records);
        Assert.Equal(["0:0 a=1", "0:1 b=1", "0:2 c=1"], live.Records); // The live read goes on where it was.
        live.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void What_the_new_cache_has_acknowledged_is_read_even_before_it_takes_over()
    {
        using var bed = new CacheBed();
        TopicWriter old = bed.CreateTopic();
        Append(old, 0, "a", "1");
        bed.Fetch();
        bed.Announce(old);
        bed.Lose();
        bed.Test.Advance(50);
        TopicWriter fresh = bed.CreateTopic();
        fresh.RaiseLatestOffset(0, 1); // Somebody wrote offset 1 by way of the new cache.
        bed.Announce(fresh);
        FetchPeer peer = bed.Fetch(key: "a");
        Assert.Equal(["BEGIN 1"], peer.Heard);
        Append(fresh, 0, "a", "1");
        bed.Moved();
        Assert.Empty(peer.Records);
        Append(fresh, 0, "a", "2");
        bed.Moved();
        Assert.Equal(["0:1 a=2"], peer.Records);
    }

    [Fact]
    public void A_topic_made_anew_takes_over_although_it_never_gets_as_far()
    {
        using var bed = new CacheBed();
        TopicWriter old = bed.CreateTopic();
        for (int i = 0; i < 10; i++)
        {
            Append(old, 0, $"k{i}", "1");
        }

        bed.Fetch();
        bed.Announce(old);
        bed.TopicStreams[0].Port.SendEnd(); // The cache is there and caches the topic anew.
        bed.Test.TurnUntilIdle();
        Assert.Equal(10, bed.Fetch().Records.Count);
        bed.Test.Advance(50);
        TopicWriter fresh = bed.CreateTopic();
        Append(fresh, 0, "new", "1");
        bed.Announce(fresh);
        Assert.Equal(["0:0 new=1"], bed.Fetch().Records);
    }

    [Fact]
    public void What_waits_for_a_cache_that_does_not_come_back_learns_why()
    {
        using var bed = new CacheBed();
        bed.Test.Engine.Detach(ServerId);
        FetchPeer unknown = bed.Fetch();
        bed.Test.Advance(4999);
        Assert.Empty(unknown.Heard);
        bed.Test.Advance(1);
        Assert.Equal(["ABORT Unreachable"], unknown.Heard);
        Assert.EndsWith("Unreachable", Assert.Single(bed.Fetch().Heard), StringComparison.Ordinal);

        bed.Test.Engine.Attach(ServerId, bed.Server);
        bed.Test.Advance(1000);
        TopicWriter topic = bed.CreateTopic();
        topic.RaiseLatestOffset(0, 5);
        bed.Announce(topic);
        FetchPeer filling = bed.Fetch();
        bed.Test.Engine.Detach(ServerId);
        bed.Lose();
        Assert.Equal(["BEGIN 5"], filling.Heard);
        bed.Test.Advance(4999);
        bed.Test.Advance(1);
        Assert.Equal(["BEGIN 5", "ABORT Unreachable"], filling.Heard);
    }

    [Fact]
    public void A_lost_cache_is_tried_again_after_50_ms_doubling_to_a_second()
    {
        using var bed = new CacheBed();
        bed.Test.Engine.Detach(ServerId);
        bed.Fetch();
        long opened = bed.Test.Engine.Counters.StreamsRefused;
        var waits = new List<int>();
        for (int waited = 1; waits.Count < 7 && waited < 5000; waited++)
        {
            bed.Test.Advance(1);
            if (bed.Test.Engine.Counters.StreamsRefused != opened)
            {
                opened = bed.Test.Engine.Counters.StreamsRefused;
                waits.Add(waited);
                waited = 0;
            }
        }

        Assert.Equal([50, 100, 200, 400, 800, 1000, 1000], waits);
    }

    [Fact]
    public void Segments_that_cannot_be_read_are_tried_again()
    {
        using var bed = new CacheBed();
        FetchPeer peer = bed.Fetch();
        bed.TopicStreams[0].Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, true, Path.Combine(Path.GetTempPath(), "sluice-none"), default));
        bed.Test.TurnUntilIdle();
        Assert.Empty(peer.Heard);
        bed.Test.Advance(50);
        bed.Announce(bed.CreateTopic());
        Assert.True(peer.IsEnded);
    }
}
