using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Groups;

/// <summary>What groups of both protocols do alike, and what only the classic one does.</summary>
public sealed class GroupTests
{
    [Theory]
    [InlineData(GroupProtocol.Classic, null, "range")]
    [InlineData(GroupProtocol.Consumer, null, "uniform")]
    [InlineData(GroupProtocol.Consumer, "uniform", "uniform")]
    [InlineData(GroupProtocol.Consumer, "range", "range")]
    public async Task Two_members_share_the_partitions_and_the_one_that_stays_takes_over(GroupProtocol protocol, string? assignor, string used)
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("shared", 4);
        using var first = Join(broker, "shared", protocol, c => c.GroupRemoteAssignor = assignor);
        await Eventually.TrueAsync(() => first.Assigned == 4, "the only member has all partitions");
        using (var second = Join(broker, "shared", protocol, c => c.GroupRemoteAssignor = assignor))
        {
            await Eventually.TrueAsync(() => first.Assigned == 2 && second.Assigned == 2, "two members have two partitions each");
            using var producer = broker.Producer();
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => producer.ProduceAsync("shared", Message($"{i}", $"{i}"))));
            await Eventually.TrueAsync(() => first.Read.Concat(second.Read).Distinct().Count() == 100, "both together read everything");
            Assert.NotEmpty(first.Read);
            Assert.NotEmpty(second.Read);
            Assert.Equal(used, broker.Broker.Inner.Groups.Describe("group").ProtocolName);
        }

        await Eventually.TrueAsync(() => first.Assigned == 4, "the leaver's partitions come to who stays");
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task Committed_offsets_outlive_the_broker(GroupProtocol protocol)
    {
        await using var broker = await StartBrokerAsync();
        for (int i = 0; i < 5; i++)
        {
            await broker.ProduceAsync("kept", "k", $"{i}");
        }

        using (var consumer = broker.Consumer("keeper", c => Member.Speak(c, protocol)))
        {
            consumer.Subscribe("kept");
            ConsumeResult<byte[], byte[]>? last = null;
            await Eventually.TrueAsync(() => (last = consumer.Consume(TimeSpan.FromMilliseconds(100)) ?? last)?.Offset == 2, "three records");
            consumer.Commit(last);
            consumer.Close();
        }

        await broker.RestartAsync();
        using var again = broker.Consumer("keeper", c => Member.Speak(c, protocol));
        again.Subscribe("kept");
        ConsumeResult<byte[], byte[]>? next = null;
        await Eventually.TrueAsync(() => (next = again.Consume(TimeSpan.FromMilliseconds(100))) is not null, "the record after the committed one");
        Assert.Equal("3", Text(next!.Message.Value));
        again.Close();
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task A_static_member_that_returns_gets_its_partitions_without_a_rebalance(GroupProtocol protocol)
    {
        await using var broker = await StartBrokerAsync();
        await broker.CreateAsync("static", 2);
        using var first = Join(broker, "static", protocol, c => c.GroupInstanceId = "one");
        await Eventually.TrueAsync(() => first.Assigned == 2, "all partitions");
        var second = Join(broker, "static", protocol, c => c.GroupInstanceId = "two");
        await Eventually.TrueAsync(() => first.Assigned == 1 && second.Assigned == 1, "one each");
        int generation = Generation();
        second.Dispose();
        Assert.Equal(2, broker.Broker.Inner.Groups.Describe("group").Members.Count);
        using var returned = Join(broker, "static", protocol, c => c.GroupInstanceId = "two");
        await Eventually.TrueAsync(() => returned.Assigned == 1, "its old partition");
        Assert.Equal(1, first.Assigned);
        Assert.Equal(generation, Generation());

        int Generation() => protocol == GroupProtocol.Classic
            ? broker.Broker.Inner.Groups.Find("group")!.Generation
            : broker.Broker.Inner.Groups.FindConsumer("group")!.Epoch;
    }

    [Fact]
    public async Task A_member_that_falls_silent_is_given_up_after_its_session()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("silent", 2);
        using var first = new Member(broker, "silent", c => c.SessionTimeoutMs = 1000);
        await Eventually.TrueAsync(() => first.Assigned == 2, "all partitions");

        var groups = broker.Broker.Inner.Groups;
        byte[] nothing = Convert.FromHexString("000000000000ffffffff"); // a subscription to no topic
        var join = new Sluice.EmbeddedKafka.Groups.JoinRequest(
            "group", "", null, "ghost", "/", 300, 2000, "consumer", [new("range", nothing), new("roundrobin", nothing)], false, false);
        var joined = await groups.JoinAsync(join);
        Assert.Equal(Sluice.EmbeddedKafka.Wire.ErrorCode.None, joined.Error);
        Assert.Equal(2, groups.Describe("group").Members.Count);
        await Eventually.TrueAsync(() => groups.Describe("group").Members.Count == 1 && first.Assigned == 2, "the ghost is gone");
    }

    [Fact]
    public async Task Groups_are_listed_and_described()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("seen", 1);
        using var member = new Member(broker, "seen");
        await Eventually.TrueAsync(() => member.Assigned == 1, "the partition");
        using var admin = broker.Admin();
        var listed = await admin.ListConsumerGroupsAsync();
        Assert.Contains(listed.Valid, g => g.GroupId == "group" && g.State == ConsumerGroupState.Stable);
        var described = (await admin.DescribeConsumerGroupsAsync(["group"])).ConsumerGroupDescriptions.Single();
        Assert.Equal("range", described.PartitionAssignor);
        Assert.Equal("seen", described.Members.Single().Assignment.TopicPartitions.Single().Topic);
    }

    private static Task<TestBroker> StartBrokerAsync() => StartAsync(o => o with { ConsumerHeartbeatIntervalMs = 100, ConsumerSessionTimeoutMs = 20_000 });

    private static Member Join(TestBroker broker, string topic, GroupProtocol protocol, Action<ConsumerConfig> change) => new(broker, topic, c =>
    {
        Member.Speak(c, protocol);
        change(c);
    });
}
