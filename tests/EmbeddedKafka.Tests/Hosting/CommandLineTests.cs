using Sluice.EmbeddedKafka.Hosting;

namespace Sluice.EmbeddedKafka.Tests.Hosting;

public sealed class CommandLineTests
{
    private static (Launch? Launch, int ExitCode, string Error) Read(string[] args, params (string Name, string Value)[] environment)
    {
        var error = new StringWriter();
        var values = environment.ToDictionary(e => e.Name, e => e.Value);
        var (launch, exitCode) = CommandLine.Read(args, values.GetValueOrDefault, TextWriter.Null, error);
        return (launch, exitCode, error.ToString());
    }

    [Fact]
    public void Without_options_it_is_a_laptop_broker_on_9092()
    {
        var options = Read([]).Launch!.Options;
        Assert.Equal(("127.0.0.1", 9092, Path.Combine(".sluice", "kafka")), (options.Host, options.Port, options.DataDirectory));
        Assert.True(options.AutoCreateTopics);
        Assert.False(options.SyncEveryBatch);
    }

    [Fact]
    public void Options_win_over_the_environment()
    {
        var (launch, _, error) = Read(
            ["--port", "0", "--topic", "a:2:cleanup.policy=compact,delete;retention.ms=5", "--topic", "b"],
            ("SLUICE_EMBEDDEDKAFKA_PORT", "17"),
            ("SLUICE_EMBEDDEDKAFKA_DATA", "/data"),
            ("SLUICE_EMBEDDEDKAFKA_TOPIC", "c:3 d"),
            ("SLUICE_EMBEDDEDKAFKA_AUTO_CREATE", "false"),
            ("SLUICE_EMBEDDEDKAFKA_FSYNC", "sync"),
            ("SLUICE_EMBEDDEDKAFKA_ADVERTISED", "broker.example:9092"),
            ("SLUICE_EMBEDDEDKAFKA_PORT_FILE", "/tmp/port"));
        Assert.Equal("", error);
        var options = launch!.Options;
        Assert.Equal((0, "/data", "broker.example:9092", "/tmp/port"), (options.Port, options.DataDirectory, options.Advertised, launch.PortFile));
        Assert.Equal(["a", "b", "c", "d"], options.Topics.Select(t => t.Name));
        Assert.Equal([2, null, 3, null], options.Topics.Select(t => t.Partitions));
        Assert.Equal("compact,delete", options.Topics[0].Config!["cleanup.policy"]);
        Assert.True(options.SyncEveryBatch && !options.AutoCreateTopics);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var (launch, exitCode, error) = Read(
            ["--port", "x", "--fsync", "never", "--topic", "a:0", "--topic", "b:1:cleanup.policy=rot", "--advertised", "nowhere"]);
        Assert.Null(launch);
        Assert.Equal(2, exitCode);
        Assert.Equal(5, error.TrimEnd().Split('\n').Length);
        Assert.Contains("--port (or SLUICE_EMBEDDEDKAFKA_PORT) is a number from 0 to 65535, not 'x'", error);
        Assert.Contains("cleanup.policy knows delete, compact", error);
    }

    [Fact]
    public void A_topics_file_names_line_and_column_of_each_mistake()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "topics:\n  - name: good\n    partitions: 2\n    config: { cleanup.policy: compact }\n");
            var topic = Assert.Single(Read(["--topics-file", file]).Launch!.Options.Topics);
            Assert.Equal(("good", 2, "compact"), (topic.Name, topic.Partitions!.Value, topic.Config!["cleanup.policy"]));

            File.WriteAllText(file, "topics:\n  - name: bad/name\n    partition: 2\n  - name: t\n    config: { retention.ms: soon }\n");
            var (_, exitCode, error) = Read(["--topics-file", file]);
            Assert.Equal(2, exitCode);
            Assert.Contains($"{file}:2:11: ", error);
            Assert.Contains($"{file}:3:5: 'partition' is not known here", error);
            Assert.Contains($"{file}:5:29: retention.ms is a whole number, not 'soon'", error);

            File.WriteAllText(file, "topics: [\n");
            Assert.Contains($"{file}:", Read(["--topics-file", file]).Error);
            Assert.Contains("cannot be read", Read(["--topics-file", file + ".missing"]).Error);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
