using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Groups;

/// <summary>librdkafka with <c>group.protocol=consumer</c> against the broker.</summary>
public sealed class ConsumerGroupTests
{
    private static Task<TestBroker> StartBrokerAsync(int sessionTimeoutMs = 20_000) =>
        StartAsync(o => o with { ConsumerHeartbeatIntervalMs = 100, ConsumerSessionTimeoutMs = sessionTimeoutMs });

    private static IConsumer<byte[], byte[]> Consumer(TestBroker broker, Action<ConsumerConfig>? change = null) =>
        broker.Consumer("group", c => Modern(c, change));

    private static Member Join(TestBroker broker, string topic, Action<ConsumerConfig>? change = null) => new(broker, topic, c => Modern(c, change));

    private static void Modern(ConsumerConfig config, Action<ConsumerConfig>? change)
    {
        config.GroupProtocol = GroupProtocol.Consumer;
        (config.SessionTimeoutMs, config.HeartbeatIntervalMs, config.PartitionAssignmentStrategy) = (null, null, null);
        change?.Invoke(config);
    }

    private static Task ProduceAsync(IProducer<byte[], byte[]> producer, string topic, int from, int count) =>
        Task.WhenAll(Enumerable.Range(from, count).Select(i => producer.ProduceAsync(topic, Message($"{i}", $"{i}"))));

    [Fact]
    public async Task One_member_reads_everything()
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("all", 4);
        using var producer = broker.Producer();
        await ProduceAsync(producer, "all", 0, 100);
        using var member = Join(broker, "all");
        await Eventually.TrueAsync(() => member.Assigned == 4, "all partitions");
        await Eventually.TrueAsync(() => member.Read.Distinct().Count() == 100, "all records");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("uniform")]
    [InlineData("range")]
    public async Task Two_members_share_the_partitions_and_the_one_that_stays_takes_over(string? assignor)
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("shared", 4);
        using var first = Join(broker, "shared", c => c.GroupRemoteAssignor = assignor);
        await Eventually.TrueAsync(() => first.Assigned == 4, "the only member has all partitions");
        using (var second = Join(broker, "shared", c => c.GroupRemoteAssignor = assignor))
        {
            await Eventually.TrueAsync(() => first.Assigned == 2 && second.Assigned == 2, "two members have two partitions each");
            using var producer = broker.Producer();
            await ProduceAsync(producer, "shared", 0, 100);
            await Eventually.TrueAsync(() => first.Read.Concat(second.Read).Distinct().Count() == 100, "both together read everything");
            Assert.NotEmpty(first.Read);
            Assert.NotEmpty(second.Read);
            Assert.Equal(assignor ?? "uniform", broker.Broker.Inner.Groups.Describe("group").ProtocolName);
        }

        await Eventually.TrueAsync(() => first.Assigned == 4, "the leaver's partitions come to who stays");
    }

    [Fact]
    public async Task Topics_that_appear_and_grow_are_assigned_to_who_subscribed_by_pattern()
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("orders-a", 1);
        using var member = Join(broker, "^orders-.*");
        await Eventually.TrueAsync(() => member.Assigned == 1, "the topic that is there");
        await broker.CreateAsync("orders-b", 2);
        await broker.CreateAsync("payments", 2);
        await Eventually.TrueAsync(() => member.Assigned == 3, "the topic that came");
        using var admin = broker.Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "orders-a", IncreaseTo = 3 }]);
        await Eventually.TrueAsync(() => member.Assigned == 5, "the partitions that came");
    }

    [Fact]
    public async Task A_member_that_falls_silent_is_given_up_after_its_session()
    {
        await using var broker = await StartBrokerAsync(sessionTimeoutMs: 1500);
        await broker.CreateAsync("silent", 4);
        using var first = Join(broker, "silent");
        await Eventually.TrueAsync(() => first.Assigned == 4, "all partitions");
        var groups = broker.Broker.Inner.Groups;
        var join = new Sluice.EmbeddedKafka.Groups.ConsumerHeartbeat(
            "group", "ghost", 0, null, null, 60_000, ["silent"], null, null, [], "ghost", "/");
        Assert.Equal(Sluice.EmbeddedKafka.Wire.ErrorCode.None, groups.Heartbeat(join, null).Error);
        await Eventually.TrueAsync(() => first.Assigned == 2, "the ghost gets its share");
        await Eventually.TrueAsync(() => first.Assigned == 4, "the ghost is gone");
        Assert.Single(groups.Describe("group").Members);
    }

    [Fact]
    public async Task Committed_offsets_outlive_the_broker()
    {
        await using var broker = await StartBrokerAsync();
        for (int i = 0; i < 5; i++)
        {
            await broker.ProduceAsync("kept", "k", $"{i}");
        }

        using (var consumer = Consumer(broker))
        {
            consumer.Subscribe("kept");
            ConsumeResult<byte[], byte[]>? last = null;
            await Eventually.TrueAsync(() => (last = consumer.Consume(TimeSpan.FromMilliseconds(100)) ?? last)?.Offset == 2, "three records");
            consumer.Commit(last);
            consumer.Close();
        }

        await broker.RestartAsync();
        using var again = Consumer(broker);
        again.Subscribe("kept");
        ConsumeResult<byte[], byte[]>? next = null;
        await Eventually.TrueAsync(() => (next = again.Consume(TimeSpan.FromMilliseconds(100))) is not null, "the record after the committed one");
        Assert.Equal("3", Text(next!.Message.Value));
        again.Close();
    }

    [Fact]
    public async Task A_member_goes_on_where_it_was_when_the_broker_restarts_under_it()
    {
        string directory = NewDirectory();
        try
        {
            Member member;
            int port;
            await using (var broker = await StartAsync(o => o with { ConsumerHeartbeatIntervalMs = 100 }, directory))
            {
                port = broker.Broker.Port;
                await broker.CreateAsync("lasting", 2);
                member = Join(broker, "lasting");
                using var producer = broker.Producer();
                await ProduceAsync(producer, "lasting", 0, 20);
                await Eventually.TrueAsync(() => broker.Broker.Inner.Groups.Offsets.All("group").Sum(o => o.Value.Offset) == 20, "what was there before, committed");
            }

            await using var again = await StartAsync(o => o with { ConsumerHeartbeatIntervalMs = 100, Port = port }, directory);
            using (member)
            {
                using var producer = again.Producer();
                await ProduceAsync(producer, "lasting", 20, 20);
                await Eventually.TrueAsync(() => member.Read.Distinct().Count() == 40, "what came afterwards");
                await Eventually.TrueAsync(() => again.Broker.Inner.Groups.Describe("group").Members.Count == 1, "it is a member again");
                Assert.InRange(member.Read.Count, 40, 42);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_static_member_that_returns_gets_its_partitions_without_a_rebalance()
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("static", 2);
        using var first = Join(broker, "static", c => c.GroupInstanceId = "one");
        await Eventually.TrueAsync(() => first.Assigned == 2, "all partitions");
        var second = Join(broker, "static", c => c.GroupInstanceId = "two");
        await Eventually.TrueAsync(() => first.Assigned == 1 && second.Assigned == 1, "one each");
        int epoch = broker.Broker.Inner.Groups.FindConsumer("group")!.Epoch;
        second.Dispose();
        Assert.Equal(2, broker.Broker.Inner.Groups.Describe("group").Members.Count);
        using var returned = Join(broker, "static", c => c.GroupInstanceId = "two");
        await Eventually.TrueAsync(() => returned.Assigned == 1, "its old partition");
        Assert.Equal(1, first.Assigned);
        Assert.Equal(epoch, broker.Broker.Inner.Groups.FindConsumer("group")!.Epoch);
    }

    [Fact]
    public async Task Groups_are_listed_and_described_and_classic_members_kept_out()
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("seen", 1);
        using (var member = Join(broker, "seen"))
        {
            await Eventually.TrueAsync(() => member.Assigned == 1, "the partition");
            using var admin = broker.Admin();
            var listed = await admin.ListConsumerGroupsAsync();
            Assert.Contains(listed.Valid, g => g.GroupId == "group" && g.State == ConsumerGroupState.Stable);
            var described = (await admin.DescribeConsumerGroupsAsync(["group"])).ConsumerGroupDescriptions.Single();
            Assert.Equal("uniform", described.PartitionAssignor);
            Assert.Equal("seen", described.Members.Single().Assignment.TopicPartitions.Single().Topic);
            Assert.Equal("consumer", broker.Broker.Inner.Groups.All().Single(g => g.Id == "group").Type);

            var classic = new Sluice.EmbeddedKafka.Groups.JoinRequest(
                "group", "", null, "old", "/", 300, 2000, "consumer", [new("range", [])], false, false);
            Assert.Equal(
                Sluice.EmbeddedKafka.Wire.ErrorCode.InconsistentGroupProtocol, (await broker.Broker.Inner.Groups.JoinAsync(classic)).Error);
        }

        using var successor = broker.Consumer("group");
        successor.Subscribe("seen");
        await Eventually.TrueAsync(() => successor.Consume(TimeSpan.FromMilliseconds(50)) is null && successor.Assignment.Count == 1, "the empty group takes classic members");
        successor.Close();
    }
}
