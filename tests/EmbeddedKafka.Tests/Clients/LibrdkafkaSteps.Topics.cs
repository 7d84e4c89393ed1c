using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>The cluster, its topics and their settings.</summary>
public sealed partial class LibrdkafkaSteps
{
    private static TopicSpecification Spec(string name, int partitions = 1, string key = "retention.ms", string value = "-1", short replicas = 1) =>
        new() { Name = name, NumPartitions = partitions, ReplicationFactor = replicas, Configs = new() { [key] = value } };

    private static ConfigResource TopicResource(string name) => new() { Type = ResourceType.Topic, Name = name };

    private static async Task<ConfigEntryResult> SettingAsync(IAdminClient admin, string topic, string name) =>
        (await admin.DescribeConfigsAsync([TopicResource(topic)])).Single().Entries[name];

    private async Task WalkTopics(TestBroker broker, IAdminClient admin)
    {
        async Task<ErrorCode> Refused(TopicSpecification spec) =>
            (await Assert.ThrowsAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([spec]))).Results.Single().Error.Code;

        await _steps.Do("describes the cluster", async () =>
        {
            var cluster = await admin.DescribeClusterAsync();
            Assert.Equal(broker.Broker.Port, cluster.Nodes.Single().Port);
            Assert.Equal(cluster.Nodes.Single().Id, cluster.Controller.Id);
        });
        await _steps.Do("creates topics", () => admin.CreateTopicsAsync(
        [
            Spec("plain"), Spec("timed"), Spec("codecs"), Spec("txn"), Spec("wide", 4), Spec("shared", 4),
            Spec("compacted", key: "cleanup.policy", value: "compact"),
            Spec("small", key: "max.message.bytes", value: "10000"),
            Spec("large", key: "max.message.bytes", value: "8000000"),
            Spec("stamped", key: "message.timestamp.type", value: "LogAppendTime"),
        ]));
        await _steps.Do("does not create them twice", async () => Assert.Equal(ErrorCode.TopicAlreadyExists, await Refused(Spec("plain"))));
        await _steps.Do("refuses three replicas", async () =>
            Assert.Equal(ErrorCode.InvalidReplicationFactor, await Refused(Spec("three", replicas: 3))));
        await _steps.Do("refuses an unknown setting", async () =>
            Assert.Equal(ErrorCode.InvalidConfig, await Refused(Spec("odd", key: "no.such", value: "1"))));
        await _steps.Do("only checks when asked only to check", async () =>
        {
            await admin.CreateTopicsAsync([Spec("checked")], new CreateTopicsOptions { ValidateOnly = true });
            Assert.DoesNotContain(admin.GetMetadata(Patience).Topics, t => t.Topic == "checked");
        });
        await _steps.Do("tells metadata", () =>
        {
            var wide = admin.GetMetadata("wide", Patience).Topics.Single();
            Assert.Equal([0, 1, 2, 3], wide.Partitions.Select(p => p.PartitionId).Order());
            Assert.All(wide.Partitions, p => Assert.Equal(1, p.Leader));
        });
        await _steps.Do("describes topics", async () =>
        {
            var described = (await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(["wide"]))).TopicDescriptions.Single();
            Assert.Equal(4, described.Partitions.Count);
        });
        await _steps.Do("tells a topic's settings and where they come from", async () =>
        {
            var policy = await SettingAsync(admin, "compacted", "cleanup.policy");
            Assert.Equal(("compact", ConfigSource.DynamicTopicConfig), (policy.Value, policy.Source));
            Assert.Equal(ConfigSource.DefaultConfig, (await SettingAsync(admin, "compacted", "max.message.bytes")).Source);
        });
        await _steps.Do("tells the broker's settings", async () =>
        {
            var node = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Broker, Name = "1" }]);
            Assert.Equal("true", node.Single().Entries["auto.create.topics.enable"].Value);
        });
        await _steps.Do("changes one setting", async () =>
        {
            var change = new ConfigEntry { Name = "segment.bytes", Value = "1000000", IncrementalOperation = AlterConfigOpType.Set };
            await admin.IncrementalAlterConfigsAsync(new() { [TopicResource("plain")] = [change] });
            Assert.Equal("1000000", (await SettingAsync(admin, "plain", "segment.bytes")).Value);
            Assert.Equal("-1", (await SettingAsync(admin, "plain", "retention.ms")).Value);
        });
        await _steps.Do("replaces all settings", async () =>
        {
            await admin.AlterConfigsAsync(new() { [TopicResource("plain")] = [new ConfigEntry { Name = "retention.ms", Value = "-1" }] });
            Assert.Equal(ConfigSource.DefaultConfig, (await SettingAsync(admin, "plain", "segment.bytes")).Source);
        });
        await _steps.Do("adds partitions", async () =>
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "wide", IncreaseTo = 6 }]);
            Assert.Equal(6, admin.GetMetadata("wide", Patience).Topics.Single().Partitions.Count);
        });
        await _steps.Do("never takes partitions away", async () =>
        {
            var refused = await Assert.ThrowsAsync<CreatePartitionsException>(
                () => admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "wide", IncreaseTo = 2 }]));
            Assert.Equal(ErrorCode.InvalidPartitions, refused.Results.Single().Error.Code);
        });
    }
}
