using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Walks librdkafka, by way of Confluent.Kafka, through what its users do; one broker sees the whole walk.</summary>
public sealed partial class LibrdkafkaSteps
{
    private readonly Steps _steps = new();

    [Fact]
    public async Task Librdkafka_passes_its_steps()
    {
        // Records of an old time would be cleaned away at once; the walk is shorter than this interval.
        await using var broker = await StartAsync(o => o with { CleanIntervalMs = 120_000 });
        using var admin = broker.Admin();
        await WalkTopics(broker, admin);
        await WalkRecords(broker);
        await WalkCodecs(broker);
        await WalkTimes(broker, admin);
        await WalkGroups(broker, admin);
        await WalkStaticMembers(broker);
        await WalkTransactions(broker, admin);
        await WalkDeletions(broker, admin);
        Assert.Equal(74, _steps.Passed);
    }

    private async Task WalkDeletions(TestBroker broker, IAdminClient admin)
    {
        await _steps.Do("deletes records", async () =>
        {
            await admin.DeleteRecordsAsync([new TopicPartitionOffset("plain", 0, 2)]);
            Assert.Equal(2, broker.ReadAll("plain")[0].Offset.Value);
        });
        await _steps.Do("does not delete records that are not there", async () =>
        {
            var refused = await Assert.ThrowsAsync<DeleteRecordsException>(
                () => admin.DeleteRecordsAsync([new TopicPartitionOffset("plain", 0, 10_000)]));
            Assert.Equal(ErrorCode.OffsetOutOfRange, refused.Results.Single().Error.Code);
        });
        await _steps.Do("starts anew from an offset that is gone", () =>
        {
            using var consumer = broker.Consumer();
            consumer.Assign(new TopicPartitionOffset("plain", 0, 0));
            Assert.Equal(2, consumer.Consume(Patience).Offset.Value);
        });
        await _steps.Do("deletes a topic", async () =>
        {
            await admin.DeleteTopicsAsync(["by-itself"]);
            Assert.DoesNotContain(admin.GetMetadata(Patience).Topics, t => t.Topic == "by-itself");
        });
        await _steps.Do("does not delete what is not there", async () =>
        {
            var missing = await Assert.ThrowsAsync<DeleteTopicsException>(() => admin.DeleteTopicsAsync(["nowhere"]));
            Assert.Equal(ErrorCode.UnknownTopicOrPart, missing.Results.Single().Error.Code);
        });
        await _steps.Do("finds everything else after a restart", async () =>
        {
            int before = broker.ReadAll("compacted").Count;
            await broker.RestartAsync();
            Assert.Equal(before, broker.ReadAll("compacted").Count);
            Assert.Equal(["committed", "together", "successor"], Values(broker, "txn", IsolationLevel.ReadCommitted));
        });
    }

    private static IEnumerable<string?> Values(TestBroker broker, string topic, IsolationLevel isolation) =>
        broker.ReadAll(topic, change: c => c.IsolationLevel = isolation).Select(r => Text(r.Message.Value));
}
