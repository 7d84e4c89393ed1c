using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Client;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Produce;

namespace Sluice.KafkaCache.Tests.Produce;

public sealed class ProduceStreamTests : IDisposable
{
    private const long Origin = 1;
    private const long Client = 2;

    private readonly TestEngine _engine = new();
    private readonly TestProducer _producer = new();
    private readonly TopicLimits _limits = new();
    private readonly ProduceBudget _budget = new(1024 * 1024);
    private readonly ProducerSet _producers;

    public ProduceStreamTests()
    {
        _producers = new ProducerSet(_ => _producer);
        var settings = new ProduceSettings { BudgetBytes = _budget.TotalBytes };
        _engine.Engine.Attach(Client, new KafkaClientBinding(new ProduceScope(
            "test:client", _engine.Engine, _producers, _budget, new DeliveryInbox(_engine.Engine), _limits, settings, NullLogger.Instance)));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _producers.Dispose();
        Assert.Equal(0, _budget.UsedBytes);
    }

    [Fact]
    public void A_record_is_acknowledged_only_after_the_broker_answered()
    {
        ScriptedStream sender = Open("items", 3);
        Send(sender, "key", "value", ("a", "1"), ("a", null));
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(["items[3] 'key'='value' a:'1' a:null"], _producer.Records.Select(TestProducer.Describe));
        Assert.Equal(["BEGIN"], sender.Log);

        _producer.Deliver();
        _engine.TurnUntilIdle();
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
        Assert.True(KafkaFlushEx.TryRead(sender.Extensions[1], out KafkaFlushEx flush));
        Assert.Equal((KafkaFlushKind.Acknowledged, 3, 100L, 1234L), (flush.Kind, flush.Partition, flush.Offset, flush.TimestampMs));
    }

    [Fact]
    public void Null_and_empty_are_kept_apart_in_keys_and_values()
    {
        ScriptedStream sender = Open();
        Send(sender, null, null);
        Send(sender, "", "");
        Send(sender, "k", null);
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(["items[0] null=null", "items[0] ''=''", "items[0] 'k'=null"], _producer.Records.Select(TestProducer.Describe));
        _producer.Deliver(3);
        _engine.TurnUntilIdle();
        Assert.Equal("CLOSED", sender.Log[^1]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(300_000)]
    public void A_value_in_many_pieces_becomes_one_record_whether_its_length_is_announced_or_not(int announced)
    {
        ScriptedStream sender = Open();
        string value = string.Concat(Enumerable.Range(0, 60_000).Select(i => (i % 100_000).ToString("D5", null)));
        SendInPieces(sender, "k", value, announced);
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(value, Encoding.UTF8.GetString(Assert.Single(_producer.Records).Value!));
        _producer.Deliver();
        _engine.TurnUntilIdle();
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
    }

    [Fact]
    public void Acknowledgements_come_in_the_order_of_the_records()
    {
        ScriptedStream sender = Open();
        for (int i = 0; i < 5; i++)
        {
            Send(sender, "k", "v" + i);
        }

        _engine.TurnUntilIdle();
        _producer.DeliverBackwards();
        _engine.TurnUntilIdle();
        var offsets = new List<long>();
        foreach (byte[] extension in sender.Extensions.Skip(1))
        {
            Assert.True(KafkaFlushEx.TryRead(extension, out KafkaFlushEx flush));
            offsets.Add(flush.Offset);
        }

        Assert.Equal([0, 1, 2, 3, 4], offsets);
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal("CLOSED", sender.Log[^1]);
    }

    [Fact]
    public void A_refusal_of_the_broker_reaches_the_sender_with_its_code()
    {
        ScriptedStream sender = Open();
        Send(sender, "k", "v");
        Send(sender, "k", "w");
        _engine.TurnUntilIdle();
        _producer.Fail(KafkaErrors.MessageTooLarge);
        _producer.Deliver();
        _engine.TurnUntilIdle();
        Assert.Contains("RESET Refused", sender.Log);
        Assert.Equal(KafkaErrors.MessageTooLarge, KafkaCloseEx.ReadError(sender.Extensions[sender.Log.IndexOf("RESET Refused")]));
        Assert.DoesNotContain("FLUSH", sender.Log);
        Assert.Equal("CLOSED", sender.Log[^1]);
    }

    [Fact]
    public void A_record_larger_than_its_topic_takes_is_refused_at_its_first_piece()
    {
        _limits.Note("items", new TopicDescription(TopicLookup.Found) { MaxMessageBytes = 1000 });
        ScriptedStream sender = Open();
        sender.Send("first of many", DataFlags.Init, Extension("k", 1001));
        _engine.TurnUntilIdle();
        Assert.Equal(KafkaErrors.MessageTooLarge, KafkaCloseEx.ReadError(sender.Extensions[sender.Log.IndexOf("RESET Refused")]));
        Assert.Empty(_producer.Records);
    }

    [Fact]
    public void A_record_larger_than_half_the_memory_budget_is_refused()
    {
        ScriptedStream sender = Open();
        sender.Send("first of many", DataFlags.Init, Extension("k", 600_000));
        _engine.TurnUntilIdle();
        Assert.Equal(KafkaErrors.RecordListTooLarge, KafkaCloseEx.ReadError(sender.Extensions[sender.Log.IndexOf("RESET Refused")]));
    }

    [Fact]
    public void A_sender_that_leaves_in_the_middle_leaves_no_record_and_what_was_complete_is_written()
    {
        ScriptedStream sender = Open();
        Send(sender, "k", "whole");
        sender.Send("part", DataFlags.Init, Extension("k", 100));
        _engine.TurnUntilIdle();
        sender.Port.Close(CloseReason.Cancelled);
        _engine.TurnUntilIdle();
        Assert.Equal(["items[0] 'k'='whole'"], _producer.Records.Select(TestProducer.Describe));
        _producer.Deliver();
        _engine.TurnUntilIdle();
    }

    [Fact]
    public void A_message_that_its_sender_marks_incomplete_vanishes_and_the_stream_goes_on()
    {
        ScriptedStream sender = Open();
        sender.Send("part", DataFlags.Init, Extension("k", -1));
        sender.Send("", DataFlags.Fin | DataFlags.Incomplete);
        Send(sender, "k", "whole");
        sender.Port.SendEnd();
        _engine.TurnUntilIdle();
        Assert.Equal(["items[0] 'k'='whole'"], _producer.Records.Select(TestProducer.Describe));
        _producer.Deliver();
        _engine.TurnUntilIdle();
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
    }

    [Fact]
    public async Task Many_streams_stay_within_the_budget_and_those_that_wait_get_their_turn()
    {
        await _producers.GetAsync(KafkaAcks.InSyncReplicas); // Made on another thread: with it there, everything happens in turns.
        var senders = new List<ScriptedStream>();
        for (int i = 0; i < 40; i++)
        {
            var sender = new ScriptedStream();
            _engine.Engine.Open(sender, Origin, Client, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
            senders.Add(sender);
        }

        _engine.TurnUntil(() => _budget.UsedBytes > 0);
        _engine.TurnUntilIdle();
        Assert.InRange(_budget.UsedBytes, 1, _budget.TotalBytes);
        Assert.InRange(senders.Count(sender => sender.Port.SendableBytes > 0), 10, 16); // 64 KiB each of 1 MiB.

        int written = 0;
        while (senders.Count > 0)
        {
            ScriptedStream sender = senders.First(candidate => candidate.Port.SendableBytes > 0);
            Send(sender, "k", "v");
            sender.Port.SendEnd();
            _engine.TurnUntilIdle();
            _producer.Deliver();
            _engine.TurnUntilIdle();
            Assert.Equal("CLOSED", sender.Log[^1]);
            Assert.InRange(_budget.UsedBytes, 0, _budget.TotalBytes);
            senders.Remove(sender);
            written++;
        }

        Assert.Equal(40, written);
    }

    [Fact]
    public async Task A_stream_that_finds_no_room_in_time_is_refused_clearly()
    {
        await _producers.GetAsync(KafkaAcks.InSyncReplicas);
        Assert.True(_budget.TryTake(_budget.TotalBytes));
        var sender = new ScriptedStream();
        _engine.Engine.Open(sender, Origin, Client, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "items"u8, 0, KafkaAcks.InSyncReplicas));
        _engine.TurnUntilIdle();
        Assert.Equal(["BEGIN"], sender.Log);
        _engine.Advance(20_000);
        _engine.TurnUntil(() => sender.Log.Count > 1);
        Assert.Equal(KafkaErrors.RequestTimedOut, KafkaCloseEx.ReadError(sender.Extensions[sender.Log.IndexOf("RESET Refused")]));
        _budget.Give(_budget.TotalBytes);
    }

    [Fact]
    public void A_full_producer_refuses_with_a_code()
    {
        _producer.RefusesWith = KafkaErrors.RequestTimedOut;
        ScriptedStream sender = Open();
        Send(sender, "k", "v");
        _engine.TurnUntilIdle();
        Assert.Equal(KafkaErrors.RequestTimedOut, KafkaCloseEx.ReadError(sender.Extensions[sender.Log.IndexOf("RESET Refused")]));
    }

    [Fact]
    public void Other_streams_and_impossible_topics_are_refused()
    {
        var fetch = new ScriptedStream();
        _engine.Engine.Open(fetch, Origin, Client, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, true, default, default));
        var odd = new ScriptedStream();
        _engine.Engine.Open(odd, Origin, Client, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, "../etc"u8, 0, KafkaAcks.InSyncReplicas));
        _engine.TurnUntilIdle();
        Assert.Equal("RESET NoRoute", fetch.Log[0]);
        Assert.Equal("RESET Refused", odd.Log[0]);
        Assert.Equal(17, KafkaCloseEx.ReadError(odd.Extensions[0]));
    }

    private ScriptedStream Open(string topic = "items", int partition = 0)
    {
        var sender = new ScriptedStream();
        _engine.Engine.Open(
            sender, Origin, Client, KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic), partition, KafkaAcks.InSyncReplicas));
        _engine.TurnUntil(() => sender.Port.SendableBytes > 0);
        return sender;
    }

    private static void Send(ScriptedStream sender, string? key, string? value, params (string Name, string? Value)[] headers)
    {
        byte[] extension = Extension(key, value?.Length ?? 0, headers);
        if (value is null)
        {
            Assert.True(sender.Port.TrySendNull(extension));
        }
        else
        {
            sender.Send(value, DataFlags.Whole, extension);
        }
    }

    private void SendInPieces(ScriptedStream sender, string key, string value, int announced)
    {
        int sent = 0;
        while (sent < value.Length)
        {
            _engine.TurnUntil(() => sender.Port.SendableBytes > 0);
            int bytes = Math.Min(sender.Port.SendableBytes, value.Length - sent);
            DataFlags flags = (sent == 0 ? DataFlags.Init : DataFlags.None) | (sent + bytes == value.Length ? DataFlags.Fin : DataFlags.None);
            sender.Send(value.Substring(sent, bytes), flags, sent == 0 ? Extension(key, announced) : null);
            sent += bytes;
        }
    }

    internal static byte[] Extension(string? key, int valueBytes, params (string Name, string? Value)[] headers)
    {
        ExtensionWriter writer = KafkaDataEx.WriteProduce(new byte[4096], valueBytes: valueBytes);
        if (key is null)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteString(key);
        }

        writer.OpenHeaders();
        foreach ((string name, string? text) in headers)
        {
            writer.AddHeader(new Header(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(text ?? ""), text is null));
        }

        writer.CloseHeaders();
        return writer.Written.ToArray();
    }
}
