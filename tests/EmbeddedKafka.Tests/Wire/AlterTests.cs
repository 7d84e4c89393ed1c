using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class AlterTests
{
    private static ConfigResource Topic(string name) => new() { Type = ResourceType.Topic, Name = name };

    private static async Task<string> SettingAsync(IAdminClient admin, string topic, string name) =>
        (await admin.DescribeConfigsAsync([Topic(topic)])).Single().Entries[name].Value;

    [Fact]
    public async Task A_topic_grows_and_never_shrinks()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("grown", 1);
        using var admin = broker.Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "grown", IncreaseTo = 3 }]);
        await broker.RestartAsync();
        using var again = broker.Admin();
        Assert.Equal(3, again.GetMetadata("grown", Patience).Topics.Single().Partitions.Count);
        var refused = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => again.CreatePartitionsAsync([new PartitionsSpecification { Topic = "grown", IncreaseTo = 2 }]));
        Assert.Equal(ErrorCode.InvalidPartitions, refused.Results.Single().Error.Code);
    }

    [Fact]
    public async Task Deleted_records_stay_deleted()
    {
        await using var broker = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await broker.ProduceAsync("cut", "k", $"{i}");
        }

        using var admin = broker.Admin();
        await admin.DeleteRecordsAsync([new TopicPartitionOffset("cut", 0, 4)]);
        Assert.Equal("4", Text(broker.ReadAll("cut")[0].Message.Value));
        await broker.RestartAsync();
        Assert.Equal(6, broker.ReadAll("cut").Count);
        using var again = broker.Admin();
        var refused = await Assert.ThrowsAsync<DeleteRecordsException>(
            () => again.DeleteRecordsAsync([new TopicPartitionOffset("cut", 0, 11)]));
        Assert.Equal(ErrorCode.OffsetOutOfRange, refused.Results.Single().Error.Code);
        await again.DeleteRecordsAsync([new TopicPartitionOffset("cut", 0, Offset.End)]);
        Assert.Empty(broker.ReadAll("cut"));
        Assert.Equal(10, await broker.ProduceAsync("cut", "k", "next"));
    }

    [Fact]
    public async Task Settings_change_step_by_step_take_effect_and_last()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("changed", 1, ("retention.ms", "1000000"));
        using var admin = broker.Admin();
        static ConfigEntry Step(string name, string? value, AlterConfigOpType operation) =>
            new() { Name = name, Value = value!, IncrementalOperation = operation };
        await admin.IncrementalAlterConfigsAsync(new()
        {
            [Topic("changed")] =
            [
                Step("max.message.bytes", "1000", AlterConfigOpType.Set),
                Step("cleanup.policy", "compact", AlterConfigOpType.Append),
            ],
        });
        Assert.Equal("delete,compact", await SettingAsync(admin, "changed", "cleanup.policy"));
        Assert.Equal("1000000", await SettingAsync(admin, "changed", "retention.ms"));
        var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => broker.ProduceAsync("changed", "k", new string('x', 2000)));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);

        await admin.IncrementalAlterConfigsAsync(new()
        {
            [Topic("changed")] =
            [
                Step("retention.ms", null, AlterConfigOpType.Delete),
                Step("cleanup.policy", "delete", AlterConfigOpType.Subtract),
            ],
        });
        await broker.RestartAsync();
        using var again = broker.Admin();
        Assert.Equal("compact", await SettingAsync(again, "changed", "cleanup.policy"));
        Assert.Equal("604800000", await SettingAsync(again, "changed", "retention.ms"));
    }

    [Fact]
    public async Task Settings_given_all_at_once_replace_the_others()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("replaced", 1, ("retention.ms", "1000000"));
        using var admin = broker.Admin();
        await admin.AlterConfigsAsync(new() { [Topic("replaced")] = [new ConfigEntry { Name = "segment.bytes", Value = "5000" }] });
        Assert.Equal("5000", await SettingAsync(admin, "replaced", "segment.bytes"));
        Assert.Equal("604800000", await SettingAsync(admin, "replaced", "retention.ms"));
        var refused = await Assert.ThrowsAsync<AlterConfigsException>(
            () => admin.AlterConfigsAsync(new() { [Topic("replaced")] = [new ConfigEntry { Name = "segment.bytes", Value = "tiny" }] }));
        Assert.Contains("segment.bytes is a whole number", refused.Message);
    }

    [Fact]
    public async Task Offsets_and_groups_are_forgotten_for_good()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("read", 2);
        using (var consumer = broker.Consumer("readers"))
        {
            consumer.Commit([new TopicPartitionOffset("read", 0, 5), new TopicPartitionOffset("read", 1, 6)]);
        }

        using var admin = broker.Admin();
        await admin.DeleteConsumerGroupOffsetsAsync("readers", [new TopicPartition("read", 0)]);
        await broker.RestartAsync();
        using var again = broker.Admin();
        using (var consumer = broker.Consumer("readers"))
        {
            var committed = consumer.Committed([new TopicPartition("read", 0), new TopicPartition("read", 1)], Patience);
            Assert.Equal([Offset.Unset, new Offset(6)], committed.Select(c => c.Offset));
        }

        await again.DeleteGroupsAsync(["readers"]);
        Assert.DoesNotContain((await again.ListConsumerGroupsAsync()).Valid, g => g.GroupId == "readers");
        var missing = await Assert.ThrowsAsync<DeleteGroupsException>(() => again.DeleteGroupsAsync(["nobody"]));
        Assert.Equal(ErrorCode.GroupIdNotFound, missing.Results.Single().Error.Code);
    }
}
