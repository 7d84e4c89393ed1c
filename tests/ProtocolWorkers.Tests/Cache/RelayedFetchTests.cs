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
    public void A_cache_that_goes_before_it_answers_is_asked_again_when_it_is_back_and_after_that_the_reader_is_told()
    {
        using var bed = new CacheBed();
        FetchPeer mapping = bed.Fetch();
        AnnounceElsewhere(bed);
        bed.FetchStreams[0].Port.Close(CloseReason.PeerLost);
        bed.Lose();
        Assert.Empty(mapping.Heard);
        bed.Test.Advance(50);
        AnnounceElsewhere(bed, tries: 1); // It has failed often enough: it is not tried again.
        Assert.Equal(2, bed.FetchStreams.Count);
        bed.FetchStreams[1].Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: false, default, [new PartitionOffset(0, 3)]));
        bed.Test.TurnUntilIdle();
        bed.FetchStreams[1].Port.Close(CloseReason.PeerLost);
        bed.Test.TurnUntilIdle();
        Assert.Equal("BEGIN 3", mapping.Heard[0]);
        Assert.StartsWith("ABORT PeerLost", mapping.Heard[1], StringComparison.Ordinal);
        mapping.Port.Close(CloseReason.Cancelled);
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

    private static void Answer(ScriptedStream ahead, string key, string value, long offset)
    {
        ExtensionWriter writer = KafkaDataEx.WriteFetch(
            ExtensionWriter.Scratch, 1000 + offset, 0, offset, -1, value.Length, [new PartitionOffset(0, offset + 1)]);
        writer.WriteString(key);
        writer.WriteInt32(0);
        ahead.Send(value, extension: writer.Written.ToArray());
    }
}
