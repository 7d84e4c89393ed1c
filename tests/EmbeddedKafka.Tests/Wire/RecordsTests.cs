using System.Diagnostics;
using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class RecordsTests
{
    [Fact]
    public async Task Key_value_headers_and_time_come_back_as_sent()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("items", 1, ("retention.ms", "-1"));
        using var producer = broker.Producer();
        var sent = new Message<byte[], byte[]>
        {
            Key = Bytes("k")!,
            Value = Bytes("v")!,
            Timestamp = new Timestamp(1_234_567_890_123, TimestampType.CreateTime),
            Headers = [new Header("twice", [1]), new Header("twice", [2]), new Header("null", null), new Header("empty", [])],
        };
        var stored = await producer.ProduceAsync("items", sent);
        Assert.Equal(0, stored.Offset.Value);

        var record = Assert.Single(broker.ReadAll("items", count: 1)).Message;
        Assert.Equal(("k", "v"), (Text(record.Key), Text(record.Value)));
        Assert.Equal(1_234_567_890_123, record.Timestamp.UnixTimestampMs);
        Assert.Equal(["twice", "twice", "null", "empty"], record.Headers.Select(h => h.Key));
        Assert.Equal<byte[]?>([[1], [2], null, []], record.Headers.Select(h => h.GetValueBytes()));
    }

    [Fact]
    public async Task A_tombstone_keeps_its_key_and_has_no_value()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("items", "gone", null);
        await broker.ProduceAsync("items", null, "keyless");
        var records = broker.ReadAll("items", count: 2);
        Assert.Equal(("gone", null), (Text(records[0].Message.Key), Text(records[0].Message.Value)));
        Assert.Equal((null, "keyless"), (Text(records[1].Message.Key), Text(records[1].Message.Value)));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Every_codec_passes_through_plain_and_compacted_topics(CompressionType codec)
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("compacted", 1, ("cleanup.policy", "compact"));
        foreach (string topic in (string[])["plain", "compacted"])
        {
            using var producer = broker.Producer(c =>
            {
                c.CompressionType = codec;
                c.LingerMs = 50;
            });
            var pending = Enumerable.Range(0, 500).Select(i => producer.ProduceAsync(topic, Message($"k{i}", new string('x', 200) + i))).ToList();
            await Task.WhenAll(pending);
            var records = broker.ReadAll(topic, count: 500);
            Assert.Equal(Enumerable.Range(0, 500).Select(i => $"k{i}"), records.Select(r => Text(r.Message.Key)));
            Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), records.Select(r => r.Offset.Value));
        }
    }

    [Fact]
    public async Task A_record_without_key_is_refused_by_a_compacted_topic()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("compacted", 1, ("cleanup.policy", "compact"));
        var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => broker.ProduceAsync("compacted", null, "v"));
        Assert.Equal((ErrorCode)87, refused.Error.Code);
    }

    [Fact]
    public async Task A_message_above_the_limit_is_refused_and_a_raised_limit_takes_6_MiB()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("small", 1, ("max.message.bytes", "10000"));
        await broker.CreateAsync("large", 1, ("max.message.bytes", "8000000"));
        string text = new('x', 20_000);
        var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => broker.ProduceAsync("small", "k", text));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);

        string huge = new('y', 6 * 1024 * 1024);
        await broker.ProduceAsync("large", "k", huge, c => c.MessageMaxBytes = 8_000_000);
        Assert.Equal(huge, Text(broker.ReadAll("large", count: 1)[0].Message.Value));
    }

    [Fact]
    public async Task Log_append_time_is_the_brokers()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("stamped", 1, ("message.timestamp.type", "LogAppendTime"));
        using var producer = broker.Producer();
        var message = Message("k", "v");
        message.Timestamp = new Timestamp(1000, TimestampType.CreateTime);
        await producer.ProduceAsync("stamped", message);
        var record = broker.ReadAll("stamped", count: 1)[0].Message;
        Assert.Equal(TimestampType.LogAppendTime, record.Timestamp.Type);
        Assert.True(DateTime.UtcNow - record.Timestamp.UtcDateTime < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Offsets_are_found_by_time()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("timed", 1, ("retention.ms", "-1"));
        using var producer = broker.Producer();
        for (int i = 0; i < 10; i++)
        {
            var message = Message("k", $"{i}");
            message.Timestamp = new Timestamp(1000 + (i * 10), TimestampType.CreateTime);
            await producer.ProduceAsync("timed", message);
        }

        using var consumer = broker.Consumer();
        long At(long time) => consumer.OffsetsForTimes(
            [new TopicPartitionTimestamp("timed", 0, new Timestamp(time, TimestampType.CreateTime))], Patience)[0].Offset.Value;
        Assert.Equal(0, At(500));
        Assert.Equal(3, At(1025));
        Assert.Equal(3, At(1030));
        Assert.Equal(Offset.End.Value, At(2000));
        var bounds = consumer.QueryWatermarkOffsets(new TopicPartition("timed", 0), Patience);
        Assert.Equal((0, 10), (bounds.Low.Value, bounds.High.Value));
    }

    [Fact]
    public async Task A_waiting_fetch_is_woken_by_the_append_itself()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("woken");
        using var consumer = broker.Consumer(change: c => c.FetchWaitMaxMs = 10_000);
        consumer.Assign(new TopicPartitionOffset("woken", 0, Offset.Beginning));
        using var producer = broker.Producer();
        await producer.ProduceAsync("woken", Message("warm", "up"));
        Assert.NotNull(consumer.Consume(Patience));
        await broker.FetchWaitsAsync("woken", consumer);

        for (int i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await producer.ProduceAsync("woken", Message("k", "v"));
            Assert.NotNull(consumer.Consume(Patience));
            Assert.True(clock.ElapsedMilliseconds < 2000, $"it took {clock.ElapsedMilliseconds} ms, the fetch may wait 10,000");
        }
    }

    [Fact]
    public async Task An_idempotent_producer_writes_each_record_once_in_order()
    {
        await using var broker = await StartAsync();
        using var producer = broker.Producer(c => c.EnableIdempotence = true);
        var pending = Enumerable.Range(0, 2000).Select(i => producer.ProduceAsync("once", Message("k", $"{i}"))).ToList();
        await Task.WhenAll(pending);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"{i}"), broker.ReadAll("once", count: 2000).Select(r => Text(r.Message.Value)));
    }

    [Fact]
    public async Task Acks_0_is_stored_without_an_answer()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("silent", "k", "v", c => c.Acks = Acks.None);
        Assert.Single(broker.ReadAll("silent", count: 1));
    }
}
