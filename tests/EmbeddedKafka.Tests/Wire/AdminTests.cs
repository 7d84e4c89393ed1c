using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class AdminTests
{
    private static TopicSpecification Spec(string name, int partitions = 1, short replicas = 1, string key = "cleanup.policy", string value = "compact") =>
        new() { Name = name, NumPartitions = partitions, ReplicationFactor = replicas, Configs = new() { [key] = value } };

    [Fact]
    public async Task A_topic_is_created_seen_and_deleted()
    {
        await using var broker = await StartAsync();
        using var admin = broker.Admin();
        await admin.CreateTopicsAsync([Spec("made", 3)]);
        var seen = admin.GetMetadata("made", Patience).Topics.Single();
        Assert.Equal([0, 1, 2], seen.Partitions.Select(p => p.PartitionId));
        Assert.Equal(1, admin.GetMetadata(Patience).Brokers.Single().BrokerId);

        await broker.ProduceAsync("made", "k", "v");
        await admin.DeleteTopicsAsync(["made"]);
        Assert.DoesNotContain(admin.GetMetadata(Patience).Topics, t => t.Topic == "made");
        Assert.False(Directory.Exists(Path.Combine(broker.Options.DataDirectory, "topics", "made")));

        await admin.CreateTopicsAsync([Spec("made")]);
        Assert.Empty(broker.ReadAll("made"));
    }

    [Fact]
    public async Task What_cannot_be_created_is_refused_with_its_reason()
    {
        await using var broker = await StartAsync();
        using var admin = broker.Admin();
        async Task<ErrorCode> Refused(TopicSpecification spec) =>
            (await Assert.ThrowsAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([spec]))).Results.Single().Error.Code;

        await admin.CreateTopicsAsync([Spec("there")]);
        Assert.Equal(ErrorCode.TopicAlreadyExists, await Refused(Spec("there")));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, await Refused(Spec("three", replicas: 3)));
        Assert.Equal(ErrorCode.InvalidConfig, await Refused(Spec("odd", value: "compost")));
        Assert.Equal(ErrorCode.InvalidConfig, await Refused(Spec("odd", key: "clean.up", value: "compact")));
        Assert.Equal(ErrorCode.TopicException, await Refused(Spec("no/slash")));
        var missing = await Assert.ThrowsAsync<DeleteTopicsException>(() => admin.DeleteTopicsAsync(["nowhere"]));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, missing.Results.Single().Error.Code);
    }

    [Fact]
    public async Task Settings_are_told_with_their_source()
    {
        await using var broker = await StartAsync();
        using var admin = broker.Admin();
        await admin.CreateTopicsAsync([Spec("set")]);
        var topic = (await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = "set" }])).Single().Entries;
        Assert.Equal(("compact", ConfigSource.DynamicTopicConfig), (topic["cleanup.policy"].Value, topic["cleanup.policy"].Source));
        Assert.Equal(("1048588", ConfigSource.DefaultConfig), (topic["max.message.bytes"].Value, topic["max.message.bytes"].Source));
        var node = (await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Broker, Name = "1" }])).Single().Entries;
        Assert.Equal("true", node["auto.create.topics.enable"].Value);
    }

    [Fact]
    public async Task Topics_are_not_created_by_asking_when_that_is_switched_off()
    {
        await using var broker = await StartAsync(o => o with { AutoCreateTopics = false, Topics = [TopicSpec.Parse("listed:2:cleanup.policy=compact")] });
        using var admin = broker.Admin();
        Assert.Equal(2, admin.GetMetadata("listed", Patience).Topics.Single().Partitions.Count);
        Assert.Equal(ErrorCode.UnknownTopicOrPart, admin.GetMetadata("asked", Patience).Topics.Single().Error.Code);
        Assert.DoesNotContain(admin.GetMetadata(Patience).Topics, t => t.Topic == "asked");
    }

    [Fact]
    public async Task The_cluster_is_described()
    {
        await using var broker = await StartAsync();
        using var admin = broker.Admin();
        var cluster = await admin.DescribeClusterAsync();
        Assert.Equal(1, cluster.Controller.Id);
        Assert.Equal(broker.Broker.Port, cluster.Nodes.Single().Port);
        Assert.Equal(22, cluster.ClusterId.Length);
    }
}
