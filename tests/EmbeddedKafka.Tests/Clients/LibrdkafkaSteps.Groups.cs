using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Sluice.EmbeddedKafka.Tests.Groups;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Groups of the classic kind: offsets, rebalances, static members.</summary>
public sealed partial class LibrdkafkaSteps
{
    private static readonly TopicPartition Timed = new("timed", 0);

    private static ConsumeResult<byte[], byte[]> ReadInGroup(IConsumer<byte[], byte[]> consumer)
    {
        var record = consumer.Consume(Patience);
        Assert.NotNull(record);
        return record;
    }

    private async Task WalkGroups(TestBroker broker, IAdminClient admin)
    {
        async Task<long> Committed() => (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("walkers", [Timed])]))
            .Single().Partitions.Single().Offset.Value;

        await _steps.Do("commits offsets in a group", () =>
        {
            using var consumer = broker.Consumer("walkers");
            consumer.Subscribe("timed");
            Assert.Equal(0, ReadInGroup(consumer).Offset.Value);
            consumer.Commit(ReadInGroup(consumer));
            consumer.Close();
        });
        await _steps.Do("goes on where the group was", () =>
        {
            using var consumer = broker.Consumer("walkers");
            consumer.Subscribe("timed");
            Assert.Equal(2, ReadInGroup(consumer).Offset.Value);
            consumer.Close();
        });
        await _steps.Do("tells a group's offsets", async () => Assert.Equal(2, await Committed()));
        await _steps.Do("sets a group's offsets", async () =>
        {
            await admin.AlterConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitionOffsets("walkers", [new TopicPartitionOffset(Timed, 4), new TopicPartitionOffset("plain", 0, 1)])]);
            Assert.Equal(4, await Committed());
        });
        await _steps.Do("forgets a group's offsets", async () =>
        {
            // Those of the other topic stay: a group without members and offsets is no more.
            await admin.DeleteConsumerGroupOffsetsAsync("walkers", [Timed]);
            Assert.Equal(Offset.Unset.Value, await Committed());
        });
        await _steps.Do("deletes a group", async () =>
        {
            await admin.DeleteGroupsAsync(["walkers"]);
            Assert.DoesNotContain((await admin.ListConsumerGroupsAsync()).Valid, g => g.GroupId == "walkers");
        });

        using var first = new Member(broker, "shared", group: "pair");
        await _steps.Do("gives all partitions to an only member", () => Eventually.TrueAsync(() => first.Assigned == 4, "all partitions"));
        using (var second = new Member(broker, "shared", group: "pair"))
        {
            await _steps.Do("shares partitions between two members", () =>
                Eventually.TrueAsync(() => first.Assigned == 2 && second.Assigned == 2, "two partitions each"));
            await _steps.Do("lets both read, nothing missing", async () =>
            {
                using var producer = broker.Producer();
                await Task.WhenAll(Enumerable.Range(0, 100).Select(i => producer.ProduceAsync("shared", Message($"{i}", $"{i}"))));
                await Eventually.TrueAsync(() => first.Read.Concat(second.Read).Distinct().Count() == 100, "both together read everything");
                Assert.False(first.Read.IsEmpty || second.Read.IsEmpty);
            });
            await _steps.Do("lists and describes the group", async () =>
            {
                Assert.Contains((await admin.ListConsumerGroupsAsync()).Valid, g => g.GroupId == "pair" && g.State == ConsumerGroupState.Stable);
                var group = (await admin.DescribeConsumerGroupsAsync(["pair"])).ConsumerGroupDescriptions.Single();
                Assert.Equal([2, 2], group.Members.Select(m => m.Assignment.TopicPartitions.Count));
            });
            await _steps.Do("does not delete a group with members", async () =>
            {
                var refused = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync(["pair"]));
                Assert.Equal(ErrorCode.NonEmptyGroup, refused.Results.Single().Error.Code);
            });
        }

        await _steps.Do("gives a leaver's partitions to who stays", () => Eventually.TrueAsync(() => first.Assigned == 4, "the leaver's partitions"));
        await _steps.Do("shares partitions step by step when cooperative", async () =>
        {
            static void Cooperative(ConsumerConfig c) => c.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
            using var one = new Member(broker, "shared", Cooperative, "sticky");
            await Eventually.TrueAsync(() => one.Assigned == 4, "all partitions");
            using var two = new Member(broker, "shared", Cooperative, "sticky");
            await Eventually.TrueAsync(() => one.Assigned == 2 && two.Assigned == 2, "two partitions each");
        });
    }

    private async Task WalkStaticMembers(TestBroker broker)
    {
        using var one = new Member(broker, "shared", c => c.GroupInstanceId = "one", "static");
        int generation = 0;
        await _steps.Do("knows a static member again, without a rebalance", async () =>
        {
            await Eventually.TrueAsync(() => one.Assigned == 4, "all partitions");
            using (var two = new Member(broker, "shared", c => c.GroupInstanceId = "two", "static"))
            {
                await Eventually.TrueAsync(() => one.Assigned == 2 && two.Assigned == 2, "two partitions each");
                generation = broker.Broker.Inner.Groups.Find("static")!.Generation;
            }

            using var returned = new Member(broker, "shared", c => c.GroupInstanceId = "two", "static");
            await Eventually.TrueAsync(() => returned.Assigned == 2, "its old partitions");
            Assert.Equal((2, generation), (one.Assigned, broker.Broker.Inner.Groups.Find("static")!.Generation));
        });
        await _steps.Do("fences a static member that was replaced", async () =>
        {
            using var replaced = broker.Consumer("fencing", c => c.GroupInstanceId = "same");
            replaced.Subscribe("wide");
            await Eventually.TrueAsync(() => replaced.Consume(TimeSpan.FromMilliseconds(50)) is not null, "a record");
            using var replacement = new Member(broker, "wide", c => c.GroupInstanceId = "same", "fencing");
            KafkaException? fenced = null;
            void Consume() => replaced.Consume(TimeSpan.FromMilliseconds(50));
            await Eventually.TrueAsync(() => (fenced = Record.Exception(Consume) as KafkaException) is not null, "the first is fenced");
            Assert.True(fenced!.Error.IsFatal || fenced.Error.Code == ErrorCode.FencedInstanceId, fenced.Error.ToString());
            await Eventually.TrueAsync(() => replacement.Assigned == 6, "the replacement has its partitions");
        });
    }
}
