using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Sluice.EmbeddedKafka;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Produce;
using Sluice.KafkaCache.Segments;
using Sluice.KafkaCache.Tests.Segments;
using KafkaHeader = Confluent.Kafka.Header;

namespace Sluice.KafkaCache.Tests.Kafka;

/// <summary>Through librdkafka and a broker: what a user of the cache would notice.</summary>
public sealed class RoundTripTests
{
    private static TopicSpec Compacted(string name, int partitions = 1, params (string Key, string Value)[] more)
    {
        var config = new Dictionary<string, string> { ["cleanup.policy"] = "compact" };
        foreach ((string key, string value) in more)
        {
            config[key] = value;
        }

        return new TopicSpec(name, partitions, config);
    }

    [Fact]
    public async Task A_topic_with_history_is_cached_from_the_start_with_nulls_headers_and_tombstones_as_they_are()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"), new TopicSpec("loose"));
        using (IProducer<string?, string?> outside = kafka.OutsideProducer())
        {
            await outside.ProduceAsync("loose", new() { Key = null, Value = "1" });
            await outside.ProduceAsync("loose", new() { Key = "", Value = "2" });
            await outside.ProduceAsync("items", new() { Key = "a", Value = "1", Headers = [new KafkaHeader("h", "x"u8.ToArray()), new KafkaHeader("h", null), new KafkaHeader("h", [])] });
            await outside.ProduceAsync("items", new() { Key = "b", Value = null });
            await outside.ProduceAsync("items", new() { Key = "a", Value = "" });
        }

        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        Assert.True(topic.IsCompacted);
        Assert.Equal(2, topic[0].LatestOffset);
        kafka.Engine.TurnUntil(() => topic[0].CachedNextOffset == 3);
        Assert.Equal(["0:a=1", "1:b=null", "2:a="], TemporaryCache.ReadAll(topic[0]));
        Assert.True(topic[0].TryFindNewest("a"u8, out RecordView newest));
        Assert.Equal(2, newest.Offset);

        RecordCursor cursor = topic[0].Seek(0);
        Assert.True(topic[0].TryRead(ref cursor, out RecordView first));
        Assert.Equal(3, first.HeaderCount);
        Assert.Equal("01000000680100000078" + "0100000068ffffffff" + "010000006800000000", Convert.ToHexStringLower(first.HeaderFields));
        TopicReader loose = kafka.Follow("loose"); // Not in the bootstrap list: cached from its first reader on.
        Assert.False(loose.IsCompacted);
        kafka.Engine.TurnUntil(() => loose[0].CachedNextOffset == 2);
        Assert.Equal(["0:null=1", "1:=2"], TemporaryCache.ReadAll(loose[0]));
        Assert.InRange(first.TimestampMs, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000);
    }

    [Fact]
    public async Task A_record_of_an_outside_client_is_visible_within_100_ms_typically()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"));
        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        using IProducer<string?, string?> outside = kafka.OutsideProducer();
        var times = new List<double>();
        for (int i = 0; i < 20; i++)
        {
            await outside.ProduceAsync("items", new() { Key = "k", Value = "v" + i });
            long written = Stopwatch.GetTimestamp();
            kafka.Engine.TurnUntil(() => topic[0].CachedNextOffset == i + 1);
            times.Add(Stopwatch.GetElapsedTime(written).TotalMilliseconds);
        }

        times.Sort();
        Assert.InRange(times[times.Count / 2], 0, 100);
    }

    [Fact]
    public async Task What_was_acknowledged_is_known_as_latest_and_then_read()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"));
        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(i, kafka.Produce("items", "k" + i, i == 3 ? null : "v" + i, ("content-type", "text/plain"), ("n", null)));
            Assert.True(topic[0].LatestOffset >= i, "known before the sender hears of it");
        }

        kafka.Engine.TurnUntil(() => topic[0].CachedNextOffset > topic[0].LatestOffset);
        Assert.True(topic[0].TryFindNewest("k3"u8, out RecordView tombstone));
        Assert.True(tombstone.IsValueNull);
        Assert.True(topic[0].TryFindNewest("k9"u8, out RecordView record));
        Assert.Equal("v9"u8, record.Value);
        Assert.Equal(2, record.HeaderCount);
        Assert.EndsWith("ffffffff", Convert.ToHexStringLower(record.HeaderFields), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KafkaAcks.LeaderOnly)]
    [InlineData(KafkaAcks.None)]
    public async Task Weaker_ways_of_acknowledging_write_too(KafkaAcks acks)
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"));
        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        ScriptedStream sender = kafka.OpenProduce("items", 0, acks);
        kafka.Send(sender, "", "");
        kafka.Engine.TurnUntil(() => sender.Port.IsOver);
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
        kafka.Engine.TurnUntil(() => topic[0].CachedNextOffset == 1);
        Assert.Equal(["0:="], TemporaryCache.ReadAll(topic[0])); // Empty, not null.
    }

    [Fact]
    public async Task Without_a_partition_the_key_decides_as_in_Kafkas_own_clients()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items", 3));
        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        foreach (string key in new[] { "order-7", "foobar", "abc" })
        {
            ScriptedStream sender = kafka.OpenProduce("items", -1);
            kafka.Send(sender, key, "v");
            kafka.Engine.TurnUntil(() => sender.Port.IsOver);
            Assert.True(KafkaFlushEx.TryRead(sender.Extensions[1], out KafkaFlushEx flush));
            Assert.Equal(KafkaPartitioner.PartitionOf(Encoding.UTF8.GetBytes(key), 3), flush.Partition);
        }

        Assert.Equal(3, topic.PartitionCount);
    }

    [Fact]
    public async Task A_large_record_passes_when_the_topic_takes_it_and_is_refused_when_not()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("large", 1, ("max.message.bytes", "8388608")), Compacted("small"));
        kafka.StartCache(null, "large", "small");
        TopicReader topic = kafka.Follow("large");
        kafka.Follow("small");
        string value = new('x', 5 * 1024 * 1024);
        Assert.Equal(0, kafka.Produce("large", "k", value));
        kafka.Engine.TurnUntil(() => topic[0].CachedNextOffset == 1);
        Assert.True(topic[0].TryFindNewest("k"u8, out RecordView record));
        Assert.Equal(value.Length, record.Value.Length);
        Assert.Equal(-1000 - KafkaErrors.MessageTooLarge, kafka.Produce("small", "k", value));
        Assert.Equal(0, kafka.Produce("small", "k", "fits"));
    }

    [Fact]
    public async Task The_broker_itself_refuses_what_only_it_knows_to_be_too_large()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("small", 1, ("max.message.bytes", "2000")));
        kafka.StartCache(); // The topic is not cached, so its limit is not known here.
        Assert.Equal(-1000 - KafkaErrors.MessageTooLarge, kafka.Produce("small", "k", new string('x', 3000)));
        Assert.Equal(0, kafka.Produce("small", "k", "fits"));
    }

    [Fact]
    public async Task A_missing_topic_is_waited_for_until_it_appears()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("other"));
        kafka.StartCache(null, "items");
        kafka.Engine.TurnUntil(() => kafka.Log.Count(5002) == 1);
        using (IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = kafka.Servers }).Build())
        {
            await admin.CreateTopicsAsync([new() { Name = "items", NumPartitions = 2, ReplicationFactor = 1 }]);
        }

        TopicReader topic = kafka.Follow("items");
        Assert.Equal(2, topic.PartitionCount);
        Assert.False(topic.IsCompacted);
        Assert.Equal(1, kafka.Log.Count(5002));
    }

    [Fact]
    public async Task A_broker_that_restarts_is_read_and_written_again_within_5_s_and_nothing_acknowledged_is_lost()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"));
        kafka.StartCache(null, "items");
        TopicReader topic = kafka.Follow("items");
        Assert.Equal(0, kafka.Produce("items", "a", "before"));
        await kafka.StopBrokerAsync();
        kafka.Engine.TurnUntil(() => kafka.FetchStatus.IsWaitingForBroker);

        ScriptedStream sender = kafka.OpenProduce("items");
        kafka.Send(sender, "b", "meanwhile"); // Waits for the broker.
        await kafka.StartBrokerAsync();
        long back = Stopwatch.GetTimestamp();
        kafka.Engine.TurnUntil(() => sender.Port.IsOver && topic[0].CachedNextOffset == 2);
        Assert.InRange(Stopwatch.GetElapsedTime(back).TotalSeconds, 0, 5);
        Assert.Equal(["BEGIN", "FLUSH", "END", "CLOSED"], sender.Log);
        Assert.Equal(["0:a=before", "1:b=meanwhile"], TemporaryCache.ReadAll(topic[0]));
        Assert.False(topic.IsRetired);
        kafka.Engine.TurnUntil(() => !kafka.FetchStatus.IsWaitingForBroker);
    }

    [Fact]
    public async Task A_record_that_finds_no_broker_in_time_is_refused_with_a_time_out()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("items"));
        await kafka.StopBrokerAsync(); // Nothing has to succeed within the second.
        kafka.StartCache(new ProduceSettings { TimeoutMs = 1000 }, "items");
        Assert.Equal(-1000 - KafkaErrors.RequestTimedOut, kafka.Produce("items", "b", "lost"));
    }

    [Fact]
    public async Task Many_parallel_large_records_stay_within_the_budget_and_all_arrive()
    {
        await using var kafka = new BrokerFixture();
        await kafka.StartBrokerAsync(Compacted("large", 1, ("max.message.bytes", "8388608")));
        kafka.StartCache(new ProduceSettings { BudgetBytes = 16 * 1024 * 1024 }, "large");
        kafka.Follow("large");
        string value = new('x', 1024 * 1024);
        ScriptedStream[] senders = [.. Enumerable.Range(0, 40).Select(_ => kafka.OpenProduce("large"))];
        int[] sent = new int[senders.Length];
        long most = 0;
        kafka.Engine.TurnUntil(
            () =>
            {
                most = Math.Max(most, kafka.Budget.UsedBytes);
                for (int i = 0; i < senders.Length; i++)
                {
                    ScriptedStream sender = senders[i];
                    int bytes = Math.Min(sender.Port.SendableBytes, value.Length - sent[i]);
                    if (bytes > 0)
                    {
                        bool isLast = sent[i] + bytes == value.Length;
                        sender.Send(
                            value[..bytes], (sent[i] == 0 ? Frames.DataFlags.Init : 0) | (isLast ? Frames.DataFlags.Fin : 0),
                            sent[i] == 0 ? Produce.ProduceStreamTests.Extension("k" + i, value.Length) : null);
                        sent[i] += bytes;
                        if (isLast)
                        {
                            sender.Port.SendEnd();
                        }
                    }
                }

                return senders.All(sender => sender.Port.IsOver);
            },
            30_000);
        Assert.All(senders, sender => Assert.Contains("FLUSH", sender.Log));
        Assert.InRange(most, 8 * 1024 * 1024, 16 * 1024 * 1024);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_made_again_is_read_anew()
    {
        await using var kafka = new BrokerFixture { LookMs = 200 };
        await kafka.StartBrokerAsync(Compacted("items"));
        kafka.StartCache(null, "items");
        TopicReader old = kafka.Follow("items");
        for (int i = 0; i < 3; i++)
        {
            kafka.Produce("items", "k" + i, "old");
        }

        kafka.Engine.TurnUntil(() => old[0].CachedNextOffset == 3);
        using (IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = kafka.Servers }).Build())
        {
            await admin.DeleteTopicsAsync(["items"]);
            kafka.Engine.TurnUntil(() => kafka.Log.Count(5002) == 1, 20_000);
            await admin.CreateTopicsAsync([new() { Name = "items", NumPartitions = 1, ReplicationFactor = 1 }]);
        }

        kafka.Engine.TurnUntil(() => old.IsRetired);
        TopicReader fresh = kafka.Follow("items");
        Assert.Equal(0, kafka.Produce("items", "k", "new"));
        kafka.Engine.TurnUntil(() => fresh[0].CachedNextOffset == 1);
        Assert.Equal(["0:k=new"], TemporaryCache.ReadAll(fresh[0]));
    }
}
