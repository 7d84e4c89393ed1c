using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>Merged fetch (config-kafka §2.6, §2.7).</summary>
public sealed class FetchTests
{
    [Fact]
    public void A_bounded_read_gives_what_was_there_at_open_then_caught_up_then_the_end()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 2, isCompacted: false);
        Append(topic, 0, "a", "1", "x=y");
        Append(topic, 0, null, "2");
        Append(topic, 1, "", "");
        Append(topic, 1, "d", null);
        FetchPeer peer = bed.Fetch();
        bed.Announce(topic);
        Assert.Equal(
            ["BEGIN 1,1", "0:0 a x:y=1 @1,0", "0:1 null=2 @2,0", "1:0 = @2,1", "1:1 d=null @2,2", "CAUGHT UP 2,2", "END"],
            peer.Heard);
        Assert.False(peer.IsCompacted);
    }

    [Fact]
    public void Empty_partitions_report_minus_one_and_are_caught_up_at_once()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 3);
        FetchPeer peer = bed.Fetch();
        bed.Announce(topic);
        Assert.Equal(["BEGIN -1,-1,-1", "CAUGHT UP 0,0,0", "END"], peer.Heard);
        Assert.True(peer.IsCompacted);
    }

    [Fact]
    public void While_the_topic_does_not_exist_the_read_waits()
    {
        using var bed = new CacheBed();
        FetchPeer peer = bed.Fetch();
        bed.Test.Advance(86_400_000);
        Assert.Empty(peer.Heard);
        TopicWriter topic = bed.CreateTopic();
        bed.Announce(topic);
        Assert.True(peer.IsEnded);
    }

    [Fact]
    public void A_bounded_read_waits_until_the_cache_holds_all_that_was_acknowledged_before()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1");
        topic.RaiseLatestOffset(0, 1); // Acknowledged, not fetched back yet.
        FetchPeer peer = bed.Fetch(key: "a");
        bed.Announce(topic);
        bed.Moved();
        Assert.Equal(["BEGIN 1"], peer.Heard);

        Append(topic, 0, "a", "2");
        bed.Moved();
        Assert.Equal(["BEGIN 1", "0:1 a=2 @2", "CAUGHT UP 2", "END"], peer.Heard);
    }

    [Fact]
    public void A_record_that_comes_while_a_bounded_read_goes_on_is_not_part_of_it()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(isCompacted: false);
        Append(topic, 0, "a", "1");
        Append(topic, 0, "b", "2");
        FetchPeer peer = bed.Fetch(peer: new FetchPeer { WindowBytes = 1, AcknowledgesAtOnce = false });
        bed.Announce(topic);
        Append(topic, 0, "c", "3");
        bed.Moved();
        peer.AcknowledgeAll();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN 1", "0:0 a=1 @1", "0:1 b=2 @2", "CAUGHT UP 2", "END"], peer.Heard);
    }

    [Fact]
    public void On_a_compacted_topic_only_the_newest_record_of_a_key_as_of_open_is_read()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1");
        Append(topic, 0, "b", "1");
        Append(topic, 0, "a", "2");
        Append(topic, 0, null, "n1");
        Append(topic, 0, null, "n2");
        FetchPeer live = bed.Fetch(isBounded: false);
        bed.Announce(topic);
        Append(topic, 0, "b", "2");
        Append(topic, 0, "b", "3");
        bed.Moved();
        Assert.Equal(["0:1 b=1", "0:2 a=2", "0:3 null=n1", "0:4 null=n2", "0:5 b=2", "0:6 b=3"], live.Records);
        live.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void The_newest_record_hides_older_ones_even_when_it_does_not_match_the_filter()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1", "kind=x");
        Append(topic, 0, "a", "2", "kind=y");
        Append(topic, 0, "b", "3", "kind=x");
        FetchPeer byHeader = bed.Fetch(filters: [(null, ["kind=x"])]);
        bed.Announce(topic);
        Assert.Equal(["0:2 b kind:x=3"], byHeader.Records);
        Assert.Equal([], bed.Fetch(filters: [("a", ["kind=x"])]).Records);
        Assert.Equal(["0:1 a kind:y=2"], bed.Fetch(filters: [("a", ["kind=y"])]).Records);
    }

    [Fact]
    public void Filters_are_ored_and_their_conditions_anded()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(isCompacted: false);
        Append(topic, 0, "a", "1", "kind=x");
        Append(topic, 0, "a", "2", "kind=y");
        Append(topic, 0, "b", "3", "kind=x", "kind=z");
        FetchPeer peer = bed.Fetch(filters: [("a", ["kind=y"]), (null, ["kind=z", "kind=x"])]);
        bed.Announce(topic);
        Assert.Equal(["0:1 a kind:y=2", "0:2 b kind:x kind:z=3"], peer.Records);
    }

    [Fact]
    public void One_key_of_a_compacted_topic_is_looked_up_without_walking_the_rest()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 2);
        for (int i = 0; i < 20_000; i++)
        {
            Append(topic, i % 2, $"k{i}", $"{i}");
        }

        bed.Fetch();
        bed.Announce(topic);
        long before = bed.Test.Engine.Counters.Turns;
        FetchPeer peer = bed.Fetch(key: "k7");
        Assert.Equal(["0:3 k7=7"], peer.Records.Select(record => record.Replace("1:", "0:", StringComparison.Ordinal)));
        Assert.Equal("CAUGHT UP 10000,10000", peer.Heard[^2]);
        Assert.True(bed.Test.Engine.Counters.Turns - before < 10, "a walk of 20,000 records takes 40 slices");
    }

    [Fact]
    public void The_position_after_a_record_does_not_change_when_other_keys_are_written()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 2);
        Append(topic, 0, "a", "1");
        Append(topic, 0, "b", "1");
        Append(topic, 1, "c", "1");
        FetchPeer first = bed.Fetch(key: "b");
        bed.Announce(topic);
        Append(topic, 0, "a", "2");
        Append(topic, 1, "c", "2");
        bed.Moved();
        FetchPeer second = bed.Fetch(key: "b");
        Assert.Equal("0:1 b=1 @2,0", first.Heard[1]);
        Assert.Equal(first.Heard[1], second.Heard[1]);
    }

    [Fact]
    public void A_deleted_key_gives_its_tombstone()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1");
        Append(topic, 0, "a", null);
        FetchPeer peer = bed.Fetch(key: "a");
        bed.Announce(topic);
        Assert.Equal(["0:1 a=null"], peer.Records);
    }

    [Fact]
    public void On_a_topic_that_keeps_everything_a_key_gives_its_records_from_the_oldest_on()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(isCompacted: false);
        Append(topic, 0, "a", "1");
        Append(topic, 0, "b", "2");
        Append(topic, 0, "a", "3");
        FetchPeer peer = bed.Fetch(key: "a");
        bed.Announce(topic);
        Assert.Equal(["0:0 a=1", "0:2 a=3"], peer.Records);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_read_starts_where_it_is_told_to(bool isCompacted)
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 2, isCompacted);
        for (int i = 0; i < 5; i++)
        {
            Append(topic, 0, "a" + i, "1");
            Append(topic, 1, "b" + i, "1");
        }

        FetchPeer peer = bed.Fetch(starts: [3, 4]);
        bed.Announce(topic);
        Assert.Equal(["0:3 a3=1", "0:4 a4=1", "1:4 b4=1"], peer.Records);
        Assert.Equal(["0:3 a3=1", "0:4 a4=1", "1:0 b0=1", "1:1 b1=1", "1:2 b2=1", "1:3 b3=1", "1:4 b4=1"],
            bed.Fetch(exactStarts: [new(0, 3), new(-1, KafkaOffsets.Historical)]).Records);
        Assert.Equal([], bed.Fetch(starts: [KafkaOffsets.Live, 5]).Records);
        Assert.Equal([], bed.Fetch(key: "a3", starts: [4, 0]).Records);
        Assert.Equal(["0:3 a3=1"], bed.Fetch(key: "a3", starts: [3, 0]).Records);
        Assert.Equal(["BEGIN 4,4", "CAUGHT UP 99,99", "END"], bed.Fetch(starts: [99, 99]).Heard);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_read_that_goes_on_for_another_one_sees_the_topic_as_of_the_open_of_that_one(bool isBounded)
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 2);
        Append(topic, 0, "a", "1");
        Append(topic, 0, "b", "1");
        Append(topic, 0, "c", "1");
        Append(topic, 0, "b", "2"); // From here on it was written after that open, and so was all of partition 1.
        Append(topic, 1, "d", "1");
        FetchPeer peer = bed.Fetch(isBounded, exactStarts: [new(0, 1)], ends: [new(0, 3)]);
        bed.Announce(topic);
        Assert.Equal("BEGIN 3,0", peer.Heard[0]);
        Assert.Equal(isBounded ? ["0:1 b=1", "0:2 c=1"] : ["0:1 b=1", "0:2 c=1", "0:3 b=2", "1:0 d=1"], peer.Records);
        Assert.Equal(isBounded, peer.IsEnded);
        peer.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
    }

    [Fact]
    public void A_live_read_goes_on_after_caught_up_which_comes_once()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(isCompacted: false);
        Append(topic, 0, "a", "1");
        FetchPeer peer = bed.Fetch(isBounded: false);
        bed.Announce(topic);
        Append(topic, 0, "b", "2");
        bed.Moved();
        bed.Moved();
        Append(topic, 0, "c", "3");
        bed.Moved();
        Assert.Equal(["BEGIN 0", "0:0 a=1 @1", "CAUGHT UP 1", "0:1 b=2 @2", "0:2 c=3 @3"], peer.Heard);
        peer.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void A_live_read_from_now_on_gives_only_what_comes()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", "1");
        FetchPeer peer = bed.Fetch(isBounded: false, key: "a", exactStarts: [new(-1, KafkaOffsets.Live)]);
        bed.Announce(topic);
        Assert.Equal(["BEGIN 0", "CAUGHT UP 1"], peer.Heard);
        Append(topic, 0, "b", "2");
        Append(topic, 0, "a", "3");
        bed.Moved();
        Assert.Equal(["0:2 a=3"], peer.Records);
        peer.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void A_live_read_picks_up_new_partitions_from_their_beginning()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        FetchPeer peer = bed.Fetch(isBounded: false, exactStarts: [new(-1, KafkaOffsets.Live)]);
        bed.Announce(topic);
        Assert.True(topic.TryAddPartitions(2));
        Append(topic, 1, "b", "1");
        topic.PublishPartitions();
        bed.Moved();
        Assert.Equal(["BEGIN -1", "CAUGHT UP 0", "1:0 b=1 @0,1"], peer.Heard);
        peer.Port.SendReset(CloseReason.Cancelled);
    }

    [Fact]
    public void A_large_value_comes_in_pieces_as_credit_allows()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        string value = new('v', 300_000);
        Append(topic, 0, "a", value);
        Append(topic, 0, "b", "small");
        FetchPeer peer = bed.Fetch(peer: new FetchPeer { WindowBytes = 10_000, AcknowledgesAtOnce = false });
        bed.Announce(topic);
        for (int i = 0; !peer.IsEnded && i < 100; i++)
        {
            Assert.True(peer.Pending <= 10_000);
            peer.AcknowledgeAll();
            bed.Test.TurnUntilIdle();
        }

        Assert.Equal([$"0:0 a={value}", "0:1 b=small"], peer.Records);
        Assert.True(peer.Pieces >= 31);
    }

    [Fact]
    public void Without_a_window_nothing_is_sent_not_even_an_empty_value()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", null);
        Append(topic, 0, "b", "");
        FetchPeer peer = bed.Fetch(peer: new FetchPeer { WindowBytes = 0 });
        bed.Announce(topic);
        Assert.Equal(["BEGIN 1"], peer.Heard);
        peer.Port.SendWindow(100);
        bed.Test.TurnUntilIdle();
        Assert.True(peer.IsEnded);
    }

    [Fact]
    public void One_long_read_does_not_hold_up_a_short_one()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(isCompacted: false);
        for (int i = 0; i < 50_000; i++)
        {
            Append(topic, 0, "a", "1");
        }

        FetchPeer first = bed.Fetch(starts: [50_000]);
        bed.Announce(topic);
        Assert.True(first.IsEnded);

        var slow = new FetchPeer();
        var quick = new FetchPeer();
        byte[] filters = new byte[64];
        var writer = new KafkaFilterWriter(filters);
        writer.OpenFilter();
        writer.AddKey("none");
        bed.Test.Engine.Open(slow, 1, ClientId, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, true, default, writer.Written));
        bed.Test.Engine.Open(quick, 1, ClientId, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, true, [new(0, 49_999)], default));
        for (int i = 0; i < 10; i++)
        {
            bed.Test.Turn();
        }

        Assert.True(quick.IsEnded);
        Assert.False(slow.IsEnded);
        slow.Port.SendEnd();
        quick.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.True(slow.IsEnded);
    }

    [Fact]
    public void Partitions_are_served_in_turn()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic(partitions: 3, isCompacted: false);
        for (int i = 0; i < 100; i++)
        {
            for (int p = 0; p < 3; p++)
            {
                Append(topic, p, "k", $"{i}");
            }
        }

        FetchPeer peer = bed.Fetch();
        bed.Announce(topic);
        Assert.Equal(300, peer.Records.Count);
        Assert.Equal(3, peer.Records.Take(100).Select(record => record[0]).Distinct().Count());
        foreach (IGrouping<char, string> partition in peer.Records.GroupBy(record => record[0]))
        {
            Assert.Equal(Enumerable.Range(0, 100), partition.Select(record => int.Parse(record[(record.IndexOf('=') + 1)..])));
        }
    }

    [Fact]
    public void A_record_whose_metadata_no_frame_can_hold_is_left_out_and_the_read_goes_on()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, new string('k', 70_000), "1");
        Append(topic, 0, "b", "2");
        FetchPeer peer = bed.Fetch();
        bed.Announce(topic);
        Assert.Equal(["0:1 b=2"], peer.Records);
        Assert.True(peer.IsEnded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("ümlaut")]
    public void A_name_that_no_topic_can_have_is_refused_instead_of_waiting_for_ever(string name)
    {
        using var bed = new CacheBed();
        FetchPeer peer = bed.Fetch(topic: name);
        Assert.Equal(["RESET Refused 17"], peer.Heard);
        Assert.Empty(bed.Server.Streams);
    }

    [Fact]
    public void A_mapping_that_leaves_in_the_middle_leaves_nothing_behind()
    {
        using var bed = new CacheBed();
        TopicWriter topic = bed.CreateTopic();
        Append(topic, 0, "a", new string('v', 100_000));
        FetchPeer peer = bed.Fetch(peer: new FetchPeer { WindowBytes = 5000, AcknowledgesAtOnce = false });
        bed.Announce(topic);
        peer.Port.SendReset(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        FetchPeer waiting = bed.Fetch(isBounded: false);
        waiting.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Equal("BEGIN 0", waiting.Heard[0]);
    }
}
