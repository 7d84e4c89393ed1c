using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Records in every shape and codec, small and large.</summary>
public sealed partial class LibrdkafkaSteps
{
    private async Task WalkRecords(TestBroker broker)
    {
        using var producer = broker.Producer();
        await _steps.Do("produces with key, value, headers and time", async () =>
        {
            var stored = await producer.ProduceAsync("plain", new Message<byte[], byte[]>
            {
                Key = Bytes("k")!,
                Value = Bytes("v")!,
                Timestamp = new Timestamp(1_234_567_890_123, TimestampType.CreateTime),
                Headers = [new Header("twice", [1]), new Header("twice", [2]), new Header("null", null), new Header("empty", [])],
            });
            Assert.Equal((0, PersistenceStatus.Persisted), (stored.Offset.Value, stored.Status));
        });
        await _steps.Do("reads it back", () =>
        {
            var record = broker.ReadAll("plain", count: 1).Single().Message;
            Assert.Equal(("k", "v", 1_234_567_890_123), (Text(record.Key), Text(record.Value), record.Timestamp.UnixTimestampMs));
        });
        await _steps.Do("keeps headers that repeat, are null or empty, in order", () =>
        {
            var headers = broker.ReadAll("plain", count: 1).Single().Message.Headers;
            Assert.Equal(["twice", "twice", "null", "empty"], headers.Select(h => h.Key));
            Assert.Equal<byte[]?>([[1], [2], null, []], headers.Select(h => h.GetValueBytes()));
        });
        await _steps.Do("produces a tombstone, an empty value and no key", async () =>
        {
            await producer.ProduceAsync("plain", Message("t", null));
            await producer.ProduceAsync("plain", Message("e", ""));
            await producer.ProduceAsync("plain", Message(null, "keyless"));
            var records = broker.ReadAll("plain", count: 4);
            Assert.Equal([("t", null), ("e", ""), (null, "keyless")], records.Skip(1).Select(r => (Text(r.Message.Key), Text(r.Message.Value))));
        });
        await _steps.Do("refuses a record without key for a compacted topic", async () =>
        {
            var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => producer.ProduceAsync("compacted", Message(null, "v")));
            Assert.Equal((ErrorCode)87, refused.Error.Code); // INVALID_RECORD has no name in this client.
        });
        await _steps.Do("refuses a record above the topic's limit", async () =>
        {
            var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(
                () => producer.ProduceAsync("small", Message("k", new string('x', 20_000))));
            Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);
        });
        await _steps.Do("produces 6 MiB within a raised limit", () =>
            broker.ProduceAsync("large", "k", new string('y', 6 * 1024 * 1024), c => c.MessageMaxBytes = 8_000_000));
        await _steps.Do("reads 6 MiB back", () =>
            Assert.Equal(new string('y', 6 * 1024 * 1024), Text(broker.ReadAll("large", count: 1).Single().Message.Value)));
        await _steps.Do("produces with acks 0", async () =>
        {
            await broker.ProduceAsync("plain", "k", "silent", c => c.Acks = Acks.None);
            await Eventually.TrueAsync(() => broker.ReadAll("plain", count: 5).Count == 5, "the silent record");
        });
        await _steps.Do("produces with acks 1", async () =>
            Assert.Equal(5, await broker.ProduceAsync("plain", "k", "one", c => c.Acks = Acks.Leader)));
        await _steps.Do("creates a topic by producing", async () => Assert.Equal(0, await broker.ProduceAsync("by-itself", "k", "1")));
        await _steps.Do("spreads keys over partitions, each always on the same", async () =>
        {
            var sent = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => producer.ProduceAsync("wide", Message($"key{i % 20}", $"{i}"))));
            var places = sent.GroupBy(s => Text(s.Key)).ToDictionary(g => g.Key!, g => g.Select(s => s.Partition).Distinct().Single());
            Assert.Equal(20, places.Count);
            Assert.True(places.Values.Distinct().Count() > 1);
        });
        await _steps.Do("writes each record once, in order, when idempotent", async () =>
        {
            using var once = broker.Producer(c => c.EnableIdempotence = true);
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => once.ProduceAsync("once", Message("k", $"{i}"))));
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), broker.ReadAll("once", count: 1000).Select(r => Text(r.Message.Value)));
        });
        await _steps.Do("is woken while it waits for records", async () =>
        {
            using var consumer = broker.Consumer(change: c => c.FetchWaitMaxMs = 30_000);
            consumer.Assign(new TopicPartitionOffset("plain", 0, 6));
            await broker.FetchWaitsAsync("plain", consumer);
            await producer.ProduceAsync("plain", Message("k", "woken"));
            Assert.Equal("woken", Text(consumer.Consume(TimeSpan.FromSeconds(15))?.Message.Value)); // Half of what the fetch may wait.
        });
        await _steps.Do("seeks back and reads again", () =>
        {
            using var consumer = broker.Consumer();
            consumer.Assign(new TopicPartitionOffset("plain", 0, 5));
            Assert.Equal(5, consumer.Consume(Patience).Offset.Value);
            consumer.Seek(new TopicPartitionOffset("plain", 0, 1));
            Assert.Equal(1, consumer.Consume(Patience).Offset.Value);
        });
    }

    private async Task WalkCodecs(TestBroker broker)
    {
        foreach (var codec in Enum.GetValues<CompressionType>())
        {
            foreach (string topic in (string[])["codecs", "compacted"])
            {
                await _steps.Do($"passes {codec} through topic {topic}", async () =>
                {
                    int before = broker.ReadAll(topic).Count;
                    using var producer = broker.Producer(c =>
                    {
                        c.CompressionType = codec;
                        c.LingerMs = 50;
                    });
                    await Task.WhenAll(Enumerable.Range(0, 200).Select(i => producer.ProduceAsync(topic, Message($"{codec}{i}", new string('x', 200) + i))));
                    var records = broker.ReadAll(topic).Skip(before);
                    Assert.Equal(
                        Enumerable.Range(0, 200).Select(i => ($"{codec}{i}", new string('x', 200) + i)),
                        records.Select(r => (Text(r.Message.Key)!, Text(r.Message.Value)!)));
                });
            }
        }
    }
}
