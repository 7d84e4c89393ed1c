namespace Sluice.AppHost.Tests;

/// <summary>The command line. Standard error and the exit code belong to the process, so these run one after the other.</summary>
[Collection("process-wide")]
public sealed class SuiteOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TextWriter _error = Console.Error;
    private readonly StringWriter _said = new();

    public SuiteOptionsTests()
    {
        Environment.ExitCode = 0;
        Console.SetError(_said);
    }

    public void Dispose()
    {
        Console.SetError(_error);
        Environment.ExitCode = 0;
        _folder.Dispose();
    }

    [Fact]
    public void Without_arguments_the_quickstart_runs_on_port_9092()
    {
        SuiteOptions options = SuiteOptions.Read([])!;
        Assert.EndsWith("examples/quickstart/sluice.yaml", options.ConfigurationFile.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Equal(9092, options.KafkaPort);
        Assert.Equal(["http://localhost:7114"], options.Listeners);
        Assert.EndsWith("topics.yaml", options.TopicsFile, StringComparison.Ordinal);
        Assert.Null(options.Kafka);
    }

    [Fact]
    public void Topics_that_are_read_by_key_are_compacted_unless_something_writes_them_without_one()
    {
        string file = _folder.File("sluice.yaml", """
            name: topics
            bindings:
              api:
                type: http-kafka
                kind: proxy
                routes:
                  - { when: [ { method: PUT, path: "/a/{id}" } ], exit: cache, with: { capability: produce, topic: snapshots, key: "${params.id}" } }
                  - { when: [ { method: GET, path: "/a/{id}" } ], exit: cache, with: { capability: fetch, topic: snapshots, filters: [ { key: "${params.id}" } ] } }
                  - { when: [ { method: POST, path: /b } ], exit: cache, with: { capability: produce, topic: events } }
                  - { when: [ { method: GET, path: "/b/{id}" } ], exit: cache, with: { capability: fetch, topic: events, filters: [ { key: "${params.id}" } ] } }
                  - { when: [ { method: GET, path: "/c/{t}" } ], exit: cache, with: { capability: fetch, topic: "${params.t}", merge: { content-type: application/json } } }
              cache: { type: kafka, kind: cache_client, exit: server }
              server: { type: kafka, kind: cache_server, options: { bootstrap: [ audit ] }, exit: broker }
              broker: { type: kafka, kind: client, options: { servers: [ "localhost:9092" ] }, exit: dial }
              dial: { type: tcp, kind: client }
            """);
        Assert.Equal("audit events snapshots:1:cleanup.policy=compact", SuiteOptions.Read(["--config", file])!.Topics);
        _folder.File("topics.yaml", "topics: []\n");
        Assert.Equal("", SuiteOptions.Read(["--config", file])!.Topics);
    }

    [Fact]
    public void Values_may_follow_a_blank_or_an_equals_sign()
    {
        string file = _folder.File("sluice.yaml", "name: empty\n");
        SuiteOptions options = SuiteOptions.Read(["--config", file, "--kafka=localhost:1", "--kafka-port", "0", $"--cache-dir={_folder.Path}"])!;
        Assert.Equal(file, options.ConfigurationFile);
        Assert.Null(options.TopicsFile);
        Assert.Equal("localhost:1", options.Kafka);
        Assert.Equal(0, options.KafkaPort);
        Assert.Equal(_folder.Path, options.CacheDirectory);
    }

    [Fact]
    public void All_mistakes_are_said_at_once_with_exit_code_2()
    {
        Assert.Null(SuiteOptions.Read(["--bogus", "--kafka", "nowhere", "--kafka-port", "70000", "--services", "some", "--config"]));
        Assert.Equal(2, Environment.ExitCode);
        Assert.Equal(5, _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("unknown argument '--bogus'", _said.ToString(), StringComparison.Ordinal);
        Assert.Contains("--config needs a value", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Replicas_and_links_are_named_and_what_is_wrong_with_them_is_said()
    {
        SuiteOptions options = SuiteOptions.Read(["--replicas=kafka-cache=2,edge=3", "--links", "grpc"])!;
        Assert.Equal((3, 1, 2, "grpc"), (options.Replicas["edge"], options.Replicas["protocol-workers"], options.Replicas["kafka-cache"], options.Links));
        Assert.Null(SuiteOptions.Read(["--replicas", "kafka=2,edge=0,edge", "--links", "pigeon"]));
        string[] lines = _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Equal("--replicas takes edge, protocol-workers, kafka-cache with a number from 1 to 32, such as kafka-cache=2, not 'kafka=2'", lines[0]);
        Assert.Equal("--links is auto, shm or grpc, not 'pigeon'", lines[3]);
    }

    [Fact]
    public void A_missing_configuration_is_named()
    {
        Assert.Null(SuiteOptions.Read(["--config", "no/such.yaml"]));
        Assert.Equal(2, Environment.ExitCode);
        Assert.Contains("no/such.yaml: no such configuration file", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_the_configuration_is_said_with_its_place()
    {
        string file = _folder.File("sluice.yaml", "name: x\nbindigns: {}\n");
        Assert.Null(SuiteOptions.Read(["--config", file]));
        Assert.Equal(2, Environment.ExitCode);
        Assert.Contains($"{file}:2:1:", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_the_aspire_command_line_pass()
    {
        Assert.NotNull(SuiteOptions.Read(["--operation", "publish", "--step", "publish", "--output-path", "out", "--include-exception-details"]));
        Assert.NotNull(SuiteOptions.Read(["--publisher", "manifest", "--output-path", "out.json", "--Parameters:token=x"]));
        Assert.Equal("", _said.ToString());
    }
}
