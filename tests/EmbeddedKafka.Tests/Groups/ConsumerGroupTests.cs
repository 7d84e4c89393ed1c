using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Groups;

/// <summary>librdkafka with <c>group.protocol=consumer</c> against the broker: what only this protocol does.</summary>
public sealed class ConsumerGroupTests
{
    private static Task<TestBroker> StartBrokerAsync(int sessionTimeoutMs = 20_000) =>
        StartAsync(o => o with { ConsumerHeartbeatIntervalMs = 100, ConsumerSessionTimeoutMs = sessionTimeoutMs });

    private static Member Join(TestBroker broker, string topic) => new(broker, topic, c => Member.Speak(c, GroupProtocol.Consumer));

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
