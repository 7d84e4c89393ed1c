using Sluice.EmbeddedKafka.Log;
using Sluice.ServiceDefaults;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Log;

public sealed class DurabilityTests
{
    private static string LogFile(TestBroker broker, string topic) =>
        Directory.GetFiles(Path.Combine(broker.Options.DataDirectory, "topics", topic, "0"), "*.log").Order().Last();

    [Fact]
    public async Task A_restart_keeps_records_topics_and_settings()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("kept", 3, ("retention.ms", "123456789"));
        await broker.ProduceAsync("auto", "k", "v");
        string cluster = broker.Broker.Inner.ClusterId;
        await broker.RestartAsync();
        Assert.Equal("v", Text(broker.ReadAll("auto", count: 1)[0].Message.Value));
        Assert.Equal(3, broker.Broker.Inner.Topics.Find("kept")!.Partitions.Length);
        Assert.Equal(123456789, broker.Broker.Inner.Topics.Find("kept")!.Config.RetentionMs);
        Assert.Equal(cluster, broker.Broker.Inner.ClusterId);
        Assert.Equal(1, await broker.ProduceAsync("auto", "k", "w"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(70)]
    public async Task A_write_cut_short_is_removed_and_nothing_before_it(int bytesLeft)
    {
        await using var broker = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await broker.ProduceAsync("torn", "k", $"{i}" + new string('x', 100));
        }

        await broker.Broker.DisposeAsync();
        string file = LogFile(broker, "torn");
        using (var log = File.OpenWrite(file))
        {
            log.SetLength(log.Length - 150 + bytesLeft);
        }

        await broker.RestartAsync();
        Assert.Equal(9, broker.ReadAll("torn", count: 10).Count);
        Assert.Equal(9, await broker.ProduceAsync("torn", "k", "again"));
        Assert.Equal("again", Text(broker.ReadAll("torn", count: 10)[^1].Message.Value));
    }

    [Fact]
    public async Task A_flipped_bit_in_the_tail_is_never_served()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("bits", "k", "sound");
        await broker.ProduceAsync("bits", "k", "rotten");
        await broker.Broker.DisposeAsync();
        string file = LogFile(broker, "bits");
        File.Delete(Path.ChangeExtension(file, ".index"));
        using (var log = File.Open(file, FileMode.Open))
        {
            log.Position = log.Length - 3;
            int old = log.ReadByte();
            log.Position--;
            log.WriteByte((byte)(old ^ 1));
        }

        await broker.RestartAsync();
        Assert.Equal("sound", Text(Assert.Single(broker.ReadAll("bits")).Message.Value));
    }

    [Fact]
    public async Task Nothing_acknowledged_needs_the_broker_to_close_its_files()
    {
        // A killed process writes no index and no snapshot: the copy of a live directory is what it leaves.
        await using var broker = await StartAsync();
        using (var producer = broker.Producer(c => c.EnableIdempotence = true))
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(i => producer.ProduceAsync("live", Message($"{i}", $"{i}"))));
        }

        string copy = NewDirectory();
        try
        {
            foreach (string file in Directory.GetFiles(broker.Options.DataDirectory, "*", SearchOption.AllDirectories))
            {
                string target = Path.Combine(copy, Path.GetRelativePath(broker.Options.DataDirectory, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (Path.GetFileName(file) != ".lock")
                {
                    File.Copy(file, target);
                }
            }

            await using var revived = await StartAsync(directory: copy);
            Assert.Equal(500, revived.ReadAll("live", count: 500).Count);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task A_directory_in_use_is_refused_in_one_line()
    {
        await using var broker = await StartAsync();
        var refused = await Assert.ThrowsAsync<ServiceStartException>(() => EmbeddedBroker.StartAsync(broker.Options));
        Assert.Contains("in use by another process", Assert.Single(refused.Lines));
        Assert.Contains(broker.Options.DataDirectory, refused.Message);
    }

    [Fact]
    public async Task A_port_in_use_is_refused_in_one_line_and_lets_go_of_the_directory()
    {
        await using var broker = await StartAsync();
        string directory = NewDirectory();
        try
        {
            var options = broker.Options with { DataDirectory = directory, Port = broker.Broker.Port };
            var refused = await Assert.ThrowsAsync<ServiceStartException>(() => EmbeddedBroker.StartAsync(options));
            Assert.Contains($"port {broker.Broker.Port} on 127.0.0.1 is in use", Assert.Single(refused.Lines));
            await using var second = await EmbeddedBroker.StartAsync(options with { Port = 0 });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Producer_ids_are_never_given_twice()
    {
        await using var broker = await StartAsync();
        var ids = new HashSet<long>();
        for (int start = 0; start < 3; start++)
        {
            for (int i = 0; i < 1500; i++)
            {
                Assert.True(ids.Add(broker.Broker.Inner.ProducerIds.Next()));
            }

            await broker.RestartAsync();
        }
    }

    [Fact]
    public void The_checksum_is_crc32c()
    {
        // The check value of the Castagnoli polynomial.
        Assert.Equal(0xE3069283u, Batch.Checksum("123456789"u8));
    }
}
