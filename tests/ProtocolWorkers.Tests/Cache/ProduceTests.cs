using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>Merged produce (config-kafka §2.8).</summary>
public sealed class ProduceTests
{
    [Theory]
    [InlineData("order-7", 3, 1)]
    [InlineData("order-7", 12, 1)]
    [InlineData("foobar", 3, (-790332482 & 0x7fffffff) % 3)]
    [InlineData(null, 3, 0)]
    public void A_record_goes_to_the_partition_of_its_key_and_its_acknowledgement_comes_back(string? key, int partitions, int partition)
    {
        using var bed = new CacheBed();
        bed.Produce().Port.Close(CloseReason.Cancelled);
        bed.Announce(bed.CreateTopic(partitions));
        ScriptedStream mapping = bed.Produce(KafkaAcks.LeaderOnly);
        Assert.Equal(["BEGIN"], mapping.Log);
        mapping.Send("value", DataFlags.Whole, Metadata(key));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();

        ScriptedStream lane = Assert.Single(bed.ProduceStreams);
        Assert.Equal($"items/{partition} LeaderOnly", Describe(lane));
        Assert.Equal(["BEGIN", "DATA whole 'value'", "END"], lane.Log);
        Assert.Equal(Metadata(key), lane.Extensions[1]);

        Acknowledge(bed, lane, 41);
        Assert.Equal(["BEGIN", "FLUSH 41", "END", "CLOSED"], Heard(mapping));
    }

    [Fact]
    public void An_explicit_partition_wins_over_the_key()
    {
        using var bed = Open(partitions: 3);
        ScriptedStream mapping = bed.Produce();
        mapping.Send("v", DataFlags.Whole, Metadata("order-7", partition: 2));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal("items/2 InSyncReplicas", Describe(Assert.Single(bed.ProduceStreams)));
        Acknowledge(bed, bed.ProduceStreams[0], 0);
    }

    [Fact]
    public void Without_a_key_each_stream_goes_round_from_the_first_partition()
    {
        using var bed = Open(partitions: 3);
        ScriptedStream mapping = bed.Produce();
        for (int i = 0; i < 4; i++)
        {
            mapping.Send($"{i}", DataFlags.Whole, Metadata(null));
        }

        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["items/0 InSyncReplicas", "items/1 InSyncReplicas", "items/2 InSyncReplicas"], bed.ProduceStreams.Select(Describe));
        Assert.Equal("03", bed.ProduceStreams[0].ReceivedText);
        bed.ProduceStreams.ForEach(lane => Acknowledge(bed, lane, 5, lane == bed.ProduceStreams[0] ? 2 : 1));
        Assert.Contains("END", mapping.Log);
    }

    [Fact]
    public void Acknowledgements_come_in_the_order_of_the_records_whichever_partition_is_first()
    {
        using var bed = Open(partitions: 2);
        ScriptedStream mapping = bed.Produce();
        mapping.Send("a", DataFlags.Whole, Metadata("k", partition: 0));
        mapping.Send("b", DataFlags.Whole, Metadata("k", partition: 1));
        mapping.Send("c", DataFlags.Whole, Metadata("k", partition: 0));
        bed.Test.TurnUntilIdle();
        Flush(bed, bed.ProduceStreams[1], 20);
        Assert.Equal(["BEGIN"], Heard(mapping));
        Flush(bed, bed.ProduceStreams[0], 10);
        Assert.Equal(["BEGIN", "FLUSH 10", "FLUSH 20"], Heard(mapping));
        Flush(bed, bed.ProduceStreams[0], 11);
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.ProduceStreams.ForEach(lane => lane.Port.SendEnd());
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "FLUSH 10", "FLUSH 20", "FLUSH 11", "END", "CLOSED"], Heard(mapping));
    }

    [Fact]
    public void A_tombstone_and_an_empty_value_stay_apart()
    {
        using var bed = Open();
        ScriptedStream mapping = bed.Produce();
        mapping.Port.TrySendNull(Metadata("a"));
        mapping.Send("", DataFlags.Whole, Metadata("b"));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole null", "DATA whole ''", "END"], bed.ProduceStreams[0].Log);
        Acknowledge(bed, bed.ProduceStreams[0], 0, 2);
    }

    [Fact]
    public void A_large_value_waits_for_the_lanes_credit_and_never_more_than_the_window_waits_here()
    {
        using var bed = Open(produceWindowBytes: 0);
        ScriptedStream mapping = bed.Produce();
        string value = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{i:D5}"));
        int sent = 0;
        ScriptedStream? lane = null;
        for (int round = 0; sent < value.Length && round < 1000; round++)
        {
            int bytes = Math.Min(mapping.Port.SendableBytes, value.Length - sent);
            if (bytes > 0)
            {
                DataFlags flags = (sent == 0 ? DataFlags.Init : DataFlags.None) | (sent + bytes == value.Length ? DataFlags.Fin : DataFlags.None);
                mapping.Send(value.Substring(sent, bytes), flags, sent == 0 ? Metadata("k") : null);
                sent += bytes;
                bed.Test.TurnUntilIdle();
                continue;
            }

            Assert.True(sent <= 64 * 1024 || lane is not null);
            lane = Assert.Single(bed.ProduceStreams);
            Assert.True(sent - lane.Received.Length <= 64 * 1024);
            lane.Port.SendWindow(10_000);
            bed.Test.TurnUntilIdle();
        }

        mapping.Port.SendEnd();
        lane!.Port.SendWindow(100_000);
        bed.Test.TurnUntilIdle();
        Assert.Equal(value, lane.ReceivedText);
        Assert.StartsWith("DATA init", lane.Log[1], StringComparison.Ordinal);
        Assert.StartsWith("DATA fin", lane.Log[^2], StringComparison.Ordinal);
        Assert.Equal("END", lane.Log[^1]);
        Acknowledge(bed, lane, 0);
    }

    [Fact]
    public void A_record_waits_for_the_topic_to_exist()
    {
        using var bed = new CacheBed();
        ScriptedStream mapping = bed.Produce();
        bed.Test.Advance(3_600_000);
        Assert.Empty(mapping.Log);
        Assert.Equal(0, mapping.Port.SendableBytes);
        bed.Announce(bed.CreateTopic());
        Assert.Equal(["BEGIN"], mapping.Log);
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "END", "CLOSED"], mapping.Log);
    }

    [Fact]
    public void A_staged_record_vanishes_when_its_sender_gives_up()
    {
        using var bed = Open();
        ScriptedStream mapping = bed.Produce();
        mapping.Send("half", DataFlags.Init, Metadata("k"));
        bed.Test.TurnUntilIdle();
        mapping.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA init 'half'", "ABORT Cancelled"], bed.ProduceStreams[0].Log.Take(3));
    }

    [Fact]
    public void A_complete_record_is_written_even_when_its_sender_does_not_wait()
    {
        using var bed = Open(produceWindowBytes: 0);
        ScriptedStream mapping = bed.Produce();
        mapping.Send("whole", DataFlags.Whole, Metadata("k"));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        mapping.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        bed.ProduceStreams[0].Port.SendWindow(1000);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'whole'", "END"], bed.ProduceStreams[0].Log);
        Acknowledge(bed, bed.ProduceStreams[0], 0);
    }

    [Fact]
    public void A_refusal_comes_back_with_its_kafka_error()
    {
        using var bed = Open();
        ScriptedStream mapping = bed.Produce();
        mapping.Send("v", DataFlags.Whole, Metadata("k"));
        mapping.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        ScriptedStream lane = bed.ProduceStreams[0];
        lane.Port.SendBegin();
        lane.Port.SendAbort(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, KafkaErrors.InvalidRecord));
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "ABORT Refused", "CLOSED"], mapping.Log);
        Assert.Equal(KafkaErrors.InvalidRecord, KafkaCloseEx.ReadError(mapping.Extensions[1]));
    }

    [Fact]
    public void When_the_lane_breaks_the_reason_comes_back_and_no_acknowledgement_is_made_up()
    {
        using var bed = Open();
        ScriptedStream lost = bed.Produce();
        lost.Send("v", DataFlags.Whole, Metadata("k"));
        lost.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.ProduceStreams[0].Port.Close(CloseReason.PeerLost);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "ABORT PeerLost", "CLOSED"], lost.Log);

        ScriptedStream ended = bed.Produce();
        ended.Send("v", DataFlags.Whole, Metadata("k"));
        ended.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.ProduceStreams[1].Port.SendBegin();
        bed.ProduceStreams[1].Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "ABORT Failed", "CLOSED"], ended.Log);
    }

    private static CacheBed Open(int partitions = 1, int produceWindowBytes = 64 * 1024)
    {
        var bed = new CacheBed(produceWindowBytes);
        bed.Produce().Port.Close(CloseReason.Cancelled);
        bed.Announce(bed.CreateTopic(partitions));
        return bed;
    }

    private static int PartitionOf(ScriptedStream lane) =>
        KafkaBeginEx.TryRead(lane.BeginExtension, out KafkaBeginEx begin) ? begin.Partition : -1;

    private static string Describe(ScriptedStream lane)
    {
        Assert.True(KafkaBeginEx.TryRead(lane.BeginExtension, out KafkaBeginEx begin));
        return $"{Encoding.UTF8.GetString(begin.Topic)}/{begin.Partition} {begin.Acks}";
    }

    private static void Flush(CacheBed bed, ScriptedStream lane, long offset)
    {
        if (!lane.Port.IsOutOpen)
        {
            lane.Port.SendBegin();
        }

        lane.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, PartitionOf(lane), offset, 1000));
        bed.Test.TurnUntilIdle();
    }

    private static void Acknowledge(CacheBed bed, ScriptedStream lane, long offset, int count = 1)
    {
        lane.Port.SendBegin();
        for (int i = 0; i < count; i++)
        {
            lane.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, PartitionOf(lane), offset + i, 1000));
        }

        lane.Port.SendEnd();
        bed.Test.TurnUntilIdle();
    }

    private static List<string> Heard(ScriptedStream mapping) =>
        [.. mapping.Log.Select((line, i) => line == "FLUSH" && KafkaFlushEx.TryRead(mapping.Extensions[i], out KafkaFlushEx flush) ? $"FLUSH {flush.Offset}" : line)];
}
