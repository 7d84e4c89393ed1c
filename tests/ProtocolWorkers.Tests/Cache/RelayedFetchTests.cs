using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>Records as frames, where the segments cannot be mapped.</summary>
public sealed class RelayedFetchTests
{
    [Fact]
    public void A_read_of_a_topic_that_cannot_be_mapped_is_run_by_the_cache_and_passed_on_frame_by_frame()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch(key: "a");
        AnnounceElsewhere(bed);
        ScriptedStream ahead = Assert.Single(bed.FetchStreams);
        Assert.True(KafkaBeginEx.TryRead(ahead.BeginExtension, out KafkaBeginEx asked));
        Assert.True(asked.IsBounded);
        Assert.True(asked.Filters.TryGetOnlyKey(out ReadOnlySpan<byte> key));
        Assert.Equal("a"u8, key);
        Assert.Empty(mapping.Heard);

        ahead.Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: true, default, [new PartitionOffset(0, 7)]));
        bed.Test.TurnUntilIdle();
        Assert.True(mapping.IsCompacted);
        Answer(ahead, "a", "one", offset: 7);
        bed.Test.TurnUntilIdle();
        ahead.Port.SendFlush(KafkaFlushEx.WriteCaughtUp(ExtensionWriter.Scratch, [new PartitionOffset(0, 8)]));
        ahead.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN 7", "0:7 a=one @8", "CAUGHT UP 8", "END"], mapping.Heard);
        Assert.Contains("CLOSED", ahead.Log);
    }

    [Fact]
    public void Credit_is_that_of_the_mapping_and_reaches_the_cache_as_it_is_given()
    {
        using var bed = new CacheBed();
        var mapping = new FetchPeer { WindowBytes = 1000, AcknowledgesAtOnce = false };
        bed.Fetch(isBounded: false, peer: mapping);
        AnnounceElsewhere(bed);
        ScriptedStream ahead = Assert.Single(bed.FetchStreams);
        Assert.Equal(0, ahead.Port.SendableBytes);
        ahead.Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: false, default, [new PartitionOffset(0, -1)]));
        bed.Test.TurnUntilIdle();
        Assert.Equal(1000, ahead.Port.SendableBytes);
        Answer(ahead, "k", new string('x', 600), offset: 0);
        bed.Test.TurnUntilIdle();
        Assert.Equal((600, 400), (mapping.Pending, ahead.Port.SendableBytes));
        mapping.AcknowledgeAll();
        bed.Test.TurnUntilIdle();
        Assert.Equal(1000, ahead.Port.SendableBytes);
        mapping.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Contains("CLOSED", ahead.Log);
    }

    [Fact]
    public void A_cache_that_goes_before_it_answers_is_asked_again_when_it_is_back()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch();
        AnnounceElsewhere(bed);
        Move(bed);
        Assert.Empty(mapping.Heard);
        Assert.Equal(2, bed.FetchStreams.Count);
        Begin(bed, 3);
        bed.FetchStreams[1].Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN 3", "END"], mapping.Heard);
    }

    [Fact]
    public void A_cache_that_goes_between_two_records_costs_neither_of_them_and_what_was_latest_at_open_stays_the_end()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch(filters: [("a", []), ("b", [])]);
        AnnounceElsewhere(bed);
        Begin(bed, 7, 4);
        Answer(bed, "a", "one", 5, 0, 6, 0);
        Answer(bed, "b", "two", 2, 1, 6, 3);
        Move(bed);
        Assert.Equal(2, bed.FetchStreams.Count);
        Assert.True(KafkaBeginEx.TryRead(bed.FetchStreams[1].BeginExtension, out KafkaBeginEx asked));
        Assert.True(asked.IsBounded);
        Assert.Equal(2, asked.Filters.Count);
        Assert.Equal([new PartitionOffset(0, 6), new PartitionOffset(1, 3)], asked.Starts.ToArray());
        Assert.Equal([new PartitionOffset(0, 8), new PartitionOffset(1, 5)], asked.Ends.ToArray());

        Begin(bed, 9, 4); // Two more were written since.
        Answer(bed, "b", "three", 4, 1, 6, 5);
        CatchUp(bed, 8, 5);
        Assert.Equal(["BEGIN 7,4", "0:5 a=one @6,0", "1:2 b=two @6,3", "1:4 b=three @6,5", "CAUGHT UP 8,5", "END"], mapping.Heard);
    }

    [Fact]
    public void A_live_read_goes_on_from_its_own_beginning_and_is_caught_up_once()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch(isBounded: false, exactStarts: [new(-1, KafkaOffsets.Live)]);
        AnnounceElsewhere(bed);
        Begin(bed, 7);
        CatchUp(bed, 8);
        Move(bed);
        Assert.True(KafkaBeginEx.TryRead(bed.FetchStreams[1].BeginExtension, out KafkaBeginEx asked));
        Assert.Equal([new PartitionOffset(0, 8)], asked.Starts.ToArray()); // Not from the end of that moment.
        Begin(bed, 9);
        CatchUp(bed, 8);
        Answer(bed, "a", "written meanwhile", 8, 0, 9);
        Assert.Equal(["BEGIN 7", "CAUGHT UP 8", "0:8 a=written meanwhile @9"], mapping.Heard);
        mapping.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
    }

    [Fact]
    public void What_the_next_cache_sends_waits_while_the_mapping_has_not_taken_what_the_first_one_sent()
    {
        using var bed = new CacheBed();
        var mapping = new FetchPeer { WindowBytes = 1000, AcknowledgesAtOnce = false };
        bed.Fetch(peer: mapping);
        AnnounceElsewhere(bed);
        Begin(bed, 7);
        Answer(bed, "a", new string('x', 600), 5, 0, 6);
        Move(bed);
        Begin(bed, 7);
        Answer(bed, "b", new string('y', 1000), 6, 0, 7);
        Answer(bed, "c", null, 7, 0, 8);
        CatchUp(bed, 8);
        Assert.Single(mapping.Records);
        mapping.AcknowledgeAll();
        bed.Test.TurnUntilIdle();
        mapping.AcknowledgeAll();
        bed.Test.TurnUntilIdle();
        Assert.Equal([$"0:5 a={new string('x', 600)}", $"0:6 b={new string('y', 1000)}", "0:7 c=null"], mapping.Records);
        Assert.Equal(["CAUGHT UP 8", "END"], mapping.Heard[^2..]);
    }

    [Fact]
    public void A_record_that_was_passed_on_in_part_is_finished_first()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch(key: "a");
        AnnounceElsewhere(bed);
        Begin(bed, 7, 4);
        Answer(bed, "a", "whole", 3, 0, 4, 0);
        Answer(bed.FetchStreams[0], "a", "in pi", 2, 1, DataFlags.Init, 4, 3);
        bed.Test.TurnUntilIdle();
        Move(bed);
        Assert.True(KafkaBeginEx.TryRead(bed.FetchStreams[1].BeginExtension, out KafkaBeginEx rest));
        Assert.Equal((true, 0), (rest.IsBounded, rest.Filters.Count));
        Assert.Equal([new PartitionOffset(1, 2)], rest.Starts.ToArray());
        Assert.Equal([new PartitionOffset(1, 3)], rest.Ends.ToArray());

        // And that cache dies too, when it has sent less of it.
        Begin(bed, 7, 4);
        Answer(bed.FetchStreams[1], "a", "in", 2, 1, DataFlags.Init, 0, 3);
        bed.Test.TurnUntilIdle();
        Move(bed);
        Begin(bed, 7, 4);
        Answer(bed.FetchStreams[2], "a", "in", 2, 1, DataFlags.Init, 0, 3);
        bed.FetchStreams[2].Send(" piece", DataFlags.None);
        bed.FetchStreams[2].Send("s", DataFlags.Fin);
        bed.Test.TurnUntilIdle();
        CatchUp(bed, 0, 3);
        Assert.Equal(["BEGIN 7,4", "0:3 a=whole @4,0", "1:2 a=in pieces @4,3"], mapping.Heard);

        Assert.True(KafkaBeginEx.TryRead(bed.FetchStreams[3].BeginExtension, out KafkaBeginEx asked));
        Assert.Equal([new PartitionOffset(0, 4), new PartitionOffset(1, 3)], asked.Starts.ToArray());
        Begin(bed, 7, 4);
        CatchUp(bed, 8, 5);
        Assert.Equal(["CAUGHT UP 8,5", "END"], mapping.Heard[3..]);
    }

    [Fact]
    public void When_the_record_is_gone_or_the_topic_was_made_anew_the_reader_is_told()
    {
        using var bed = new CacheBed();
        FetchPeer torn = bed.Fetch();
        AnnounceElsewhere(bed);
        Begin(bed, 7);
        Answer(bed.FetchStreams[0], "a", "half", 5, 0, DataFlags.Init, 6);
        bed.Test.TurnUntilIdle();
        Move(bed);
        Begin(bed, 7);
        CatchUp(bed, 6);
        Assert.Equal(["BEGIN 7", "ABORT Failed"], torn.Heard);

        FetchPeer whole = bed.Fetch();
        Begin(bed, 7);
        Move(bed);
        Begin(bed, 3);
        Assert.Equal(["BEGIN 7", "ABORT Failed"], whole.Heard);

        FetchPeer live = bed.Fetch(isBounded: false);
        Begin(bed, -1);
        Answer(bed, "a", "first", 0, 0, 1);
        Move(bed);
        Begin(bed, -1);
        Assert.Equal("ABORT Failed", live.Heard[^1]);

        FetchPeer early = bed.Fetch(isBounded: false, starts: [99]); // It is its own wish to begin where nothing is yet.
        Begin(bed, 3);
        Move(bed);
        Begin(bed, 3);
        Assert.Equal(["BEGIN 3"], early.Heard);
        early.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_cache_that_has_the_topic_but_loses_the_read_again_and_again_is_left_alone_and_so_is_one_that_does_not_come_back()
    {
        using var bed = new CacheBed();
        FetchPeer unlucky = bed.Fetch();
        AnnounceElsewhere(bed);
        Begin(bed, 7);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(i + 1, bed.FetchStreams.Count);
            bed.FetchStreams[i].Port.Close(CloseReason.PeerLost);
            bed.Test.TurnUntilIdle();
            bed.Test.Advance(50);
        }

        Assert.Equal("ABORT PeerLost", unlucky.Heard[1]);
        Assert.Equal(4, bed.FetchStreams.Count);

        FetchPeer patient = bed.Fetch();
        Begin(bed, 7);
        bed.Test.Engine.Detach(ServerId);
        Move(bed, isAsked: false);
        bed.Test.Advance(4949);
        Assert.Equal(["BEGIN 7"], patient.Heard);
        bed.Test.Advance(1);
        Assert.Equal(["BEGIN 7", "ABORT Unreachable"], patient.Heard);
        unlucky.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void What_is_refused_there_is_refused_here_with_the_same_words()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch();
        AnnounceElsewhere(bed);
        bed.FetchStreams[0].Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, 29));
        bed.Test.TurnUntilIdle();
        Assert.Equal("RESET Refused 29", Assert.Single(mapping.Heard));
    }

    [Fact]
    public void Records_are_written_by_the_number_of_partitions_that_the_cache_tells()
    {
        using var bed = new CacheBed();
        bed.Fetch();
        AnnounceElsewhere(bed, partitions: 12);
        ScriptedStream mapping = bed.Produce();
        mapping.Send("v", extension: Metadata("order-7"));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.True(KafkaBeginEx.TryRead(Assert.Single(bed.ProduceStreams).BeginExtension, out KafkaBeginEx asked));
        Assert.Equal(KafkaPartitioner.PartitionOf("order-7"u8, 12), asked.Partition);
        bed.ProduceStreams[0].Port.Close(CloseReason.Failed);
        bed.FetchStreams[0].Port.Close(CloseReason.Failed);
        bed.Test.TurnUntilIdle();
    }

    // It says where the files are, and they are not here: three times, then it is believed that they never will be.
    private static void AnnounceElsewhere(CacheBed bed, int partitions = 1, int tries = 4)
    {
        PartitionOffset[] entries = [.. Enumerable.Range(0, partitions).Select(partition => new PartitionOffset(partition, -1))];
        for (int i = 0; i < tries; i++)
        {
            bed.Test.Advance(i == 0 ? 0 : 1000);
            bed.TopicStreams[^1].Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, false, "/on/another/host", entries));
            bed.Test.TurnUntilIdle();
        }
    }

    // The cache dies, and the topic is asked for again; by then it is known to be elsewhere.
    private static void Move(CacheBed bed, bool isAsked = true)
    {
        foreach (ScriptedStream stream in bed.FetchStreams.Where(stream => !stream.Log.Contains("CLOSED")))
        {
            stream.Port.Close(CloseReason.PeerLost);
        }

        bed.Lose();
        bed.Test.Advance(50);
        if (isAsked)
        {
            AnnounceElsewhere(bed, tries: 1);
        }
    }

    private static void Begin(CacheBed bed, params long[] latest)
    {
        bed.FetchStreams[^1].Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: true, default, Entries(latest)));
        bed.Test.TurnUntilIdle();
    }

    // And what was asked for is complete, when it ends.
    private static void CatchUp(CacheBed bed, params long[] progress)
    {
        ScriptedStream ahead = bed.FetchStreams[^1];
        ahead.Port.SendFlush(KafkaFlushEx.WriteCaughtUp(ExtensionWriter.Scratch, Entries(progress)));
        Assert.True(KafkaBeginEx.TryRead(ahead.BeginExtension, out KafkaBeginEx asked));
        if (asked.IsBounded)
        {
            ahead.Port.SendEnd();
        }

        bed.Test.TurnUntilIdle();
    }

    private static PartitionOffset[] Entries(long[] offsets) => [.. offsets.Select((offset, partition) => new PartitionOffset(partition, offset))];

    private static void Answer(CacheBed bed, string key, string? value, long offset, int partition, params long[] progress)
    {
        Answer(bed.FetchStreams[^1], key, value, offset, partition, DataFlags.Whole, progress);
        bed.Test.TurnUntilIdle();
    }

    private static void Answer(ScriptedStream ahead, string key, string value, long offset) =>
        Answer(ahead, key, value, offset, 0, DataFlags.Whole, offset + 1);

    private static void Answer(ScriptedStream ahead, string key, string? value, long offset, int partition, DataFlags flags, params long[] progress)
    {
        ExtensionWriter writer = KafkaDataEx.WriteFetch(ExtensionWriter.Scratch, 1000 + offset, partition, offset, -1, value?.Length ?? 0, Entries(progress));
        writer.WriteString(key);
        writer.WriteInt32(0);
        if (value is null)
        {
            Assert.True(ahead.Port.TrySendNull(writer.Written));
        }
        else
        {
            ahead.Send(value, flags, writer.Written.ToArray());
        }
    }
}
