using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Log;

public sealed class CleaningTests
{
    private static readonly (string, string)[] Eager =
    [
        ("cleanup.policy", "compact"), ("segment.bytes", "4096"), ("min.cleanable.dirty.ratio", "0.01"), ("delete.retention.ms", "0"),
    ];

    private static async Task FillAsync(TestBroker broker, string topic, CompressionType codec, int rounds)
    {
        using var producer = broker.Producer(c =>
        {
            c.CompressionType = codec;
            c.LingerMs = 5;
        });
        for (int round = 0; round < rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => producer.ProduceAsync(topic, Message($"k{i}", $"{round}-{i}-" + new string('x', 40)))));
        }
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Compaction_keeps_the_newest_of_each_key_in_every_codec(CompressionType codec)
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("compacted", 1, Eager);
        await FillAsync(broker, "compacted", codec, 100);
        await Eventually.TrueAsync(() => broker.Broker.Inner.Topics.Find("compacted", 0)!.SizeBytes < 20_000, "the log shrinks");

        var records = broker.ReadAll("compacted");
        Assert.True(records.Count < 500, $"{records.Count} of 2000 records are left");
        Assert.Equal(records.Select(r => r.Offset.Value).Order(), records.Select(r => r.Offset.Value));
        var newest = records.GroupBy(r => Text(r.Message.Key)!).ToDictionary(g => g.Key, g => Text(g.Last().Message.Value)!);
        Assert.Equal(20, newest.Count);
        Assert.All(newest, pair => Assert.StartsWith($"99-{pair.Key[1..]}-", pair.Value, StringComparison.Ordinal));

        await broker.RestartAsync();
        var again = broker.ReadAll("compacted").GroupBy(r => Text(r.Message.Key)!).ToDictionary(g => g.Key, g => Text(g.Last().Message.Value)!);
        Assert.Equal(newest, again);
    }

    [Fact]
    public async Task An_index_that_cannot_be_written_leaves_the_cleaning_of_other_partitions_going_on()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("barred", 1, Eager);
        await broker.CreateAsync("compacted", 1, Eager);
        string log = Directory.GetFiles(broker.Options.DataDirectory, "*.log", SearchOption.AllDirectories).Single(path => path.Contains("barred", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.ChangeExtension(log, ".index") + ".tmp"); // A folder where the draft of the index goes.
        await FillAsync(broker, "barred", CompressionType.None, 20);
        await FillAsync(broker, "compacted", CompressionType.None, 100);
        await Eventually.TrueAsync(() => broker.Broker.Inner.Topics.Find("compacted", 0)!.SizeBytes < 20_000, "the log shrinks");
    }

    [Fact]
    public async Task A_tombstone_takes_its_key_out_and_then_goes_itself()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("deleted", 1, Eager);
        await broker.ProduceAsync("deleted", "victim", "v");
        await broker.ProduceAsync("deleted", "victim", null);
        await Eventually.TrueAsync(
            () =>
            {
                FillAsync(broker, "deleted", CompressionType.None, 10).GetAwaiter().GetResult();
                return broker.ReadAll("deleted").TrueForAll(r => Text(r.Message.Key) != "victim");
            },
            "the key and its tombstone disappear");
        Assert.Contains(broker.ReadAll("deleted"), r => Text(r.Message.Key) == "k1");
    }

    [Fact]
    public async Task A_tombstone_outlives_its_first_compaction_by_the_delete_retention()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("lasting", 1, [.. Eager.Where(e => e.Item1 != "delete.retention.ms")]);
        await broker.ProduceAsync("lasting", "victim", "v");
        await broker.ProduceAsync("lasting", "victim", null);
        await FillAsync(broker, "lasting", CompressionType.None, 100);
        await Eventually.TrueAsync(() => broker.Broker.Inner.Topics.Find("lasting", 0)!.SizeBytes < 20_000, "the log shrinks");
        var left = broker.ReadAll("lasting").Where(r => Text(r.Message.Key) == "victim").ToList();
        Assert.Null(Assert.Single(left).Message.Value);
        Assert.True(left[0].Message.Timestamp.UtcDateTime > DateTime.UtcNow.AddMinutes(-1) && left[0].Message.Timestamp.UtcDateTime < DateTime.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Retention_by_size_removes_the_oldest_segments()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("sized", 1, ("segment.bytes", "4096"), ("retention.bytes", "10000"));
        await FillAsync(broker, "sized", CompressionType.None, 50);
        var log = broker.Broker.Inner.Topics.Find("sized", 0)!;
        await Eventually.TrueAsync(() => log.SizeBytes <= 10_000 + 4096, "the log shrinks");
        Assert.True(log.StartOffset > 0);
        Assert.Equal(1000, log.EndOffset);
        Assert.Equal(log.StartOffset, broker.ReadAll("sized")[0].Offset.Value);
        long start = log.StartOffset;
        await broker.RestartAsync();
        Assert.Equal(start, broker.Broker.Inner.Topics.Find("sized", 0)!.StartOffset);
    }

    [Fact]
    public async Task Retention_by_time_empties_the_log_and_offsets_go_on()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("aged", 1, ("retention.ms", "1"));
        await broker.ProduceAsync("aged", "k", "v");
        var log = broker.Broker.Inner.Topics.Find("aged", 0)!;
        await Eventually.TrueAsync(() => log.StartOffset == 1, "the record ages out");
        Assert.Empty(broker.ReadAll("aged"));
        await broker.RestartAsync();
        Assert.Equal(1, broker.Broker.Inner.Topics.Find("aged", 0)!.EndOffset);
    }
}
