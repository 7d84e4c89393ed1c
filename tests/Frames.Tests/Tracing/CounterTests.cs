using System.CommandLine;
using Sluice.Cli;
using Sluice.Configuration.Graph;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4: counters live in a mapped file beside the links and outlive a crash.</summary>
public sealed class CounterTests : IDisposable
{
    private static readonly long _origin = Labels.Id("test", "entry");
    private static readonly long _echo = Labels.Id("test", "echo");

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-counters-").FullName;

    private readonly LeakObserver _observer = new();

    public void Dispose()
    {
        _observer.AssertClean();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Numbers_of_counters_are_distinct_and_each_has_a_label_and_a_sentence()
    {
        foreach (CounterLabelAttribute label in CounterLabelAttribute.AllOf<EngineCounter>().Select(entry => entry.Label)
            .Concat(CounterLabelAttribute.AllOf<StreamCounter>().Select(entry => entry.Label)))
        {
            Assert.NotEmpty(label.Label);
            Assert.EndsWith(".", label.Sentence, StringComparison.Ordinal);
        }

        Assert.Distinct(CounterLabelAttribute.AllOf<EngineCounter>().Select(entry => (int)entry.Counter));
        Assert.True(Enum.GetValues<EngineCounter>().All(counter => (int)counter < CounterLayout.Slots));
        Assert.Equal(CounterLayout.GroupSlots, Enum.GetValues<StreamCounter>().Length);
        Assert.True(CounterLayout.OpenedOffset + (CounterLayout.GroupSlots * 8) <= CounterLayout.RowBytes);
    }

    [Fact]
    public void Streams_are_counted_for_their_bindings_exactly()
    {
        using var test = new TestEngine();
        test.Engine.Attach(_echo, new EchoBinding());
        var client = new ScriptedStream();
        test.Engine.Open(client, _origin, _echo);
        test.TurnUntilIdle();
        client.Send("hello");
        test.TurnUntilIdle();
        Assert.Equal(1, Count(test, _echo, StreamCounter.ActiveReceived));
        Assert.Equal(1, Count(test, _echo, StreamCounter.ActiveSent));
        client.Port.SendEnd();
        test.TurnUntilIdle();
        var broken = new ScriptedStream();
        test.Engine.Open(broken, _origin, _echo);
        test.TurnUntilIdle();
        broken.Port.SendAbort(CloseReason.Cancelled);
        test.TurnUntilIdle();

        Assert.Equal(
            [2, 1, 1, 5, 0, 2, 1, 1, 5, 0],
            Enum.GetValues<StreamCounter>().Select(counter => Count(test, _echo, counter)));
        Assert.Equal(5, test.Engine.Counters.DataBytesSent / 2);
    }

    [Fact]
    public async Task Another_process_reads_the_file_and_a_clean_stop_takes_it_along()
    {
        EngineGroup group = Start();
        await EchoOnce(group, "hello");
        string file = Assert.Single(Directory.GetFiles(_directory, "*.counters"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        using (CounterReader reader = CounterReader.TryOpen(file, out string? problem)!)
        {
            Assert.Null(problem);
            Assert.Equal(("back", 3, Environment.ProcessId, 2), (reader.Room, reader.Instance, reader.ProcessId, reader.EngineCount));
            Assert.Equal(1, reader.Bindings()[_echo][StreamCounter.OpensReceived]);
            Assert.Equal(5, reader.Bindings()[_echo][StreamCounter.DataSent]);
            Assert.True(reader.Bindings()[_origin].IsEntryPoint);
            Assert.Equal(5, reader.Bindings()[_origin][StreamCounter.DataReceived]);
            Assert.True(reader.Engine(0, EngineCounter.Turns) + reader.Engine(1, EngineCounter.Turns) > 0);
        }

        await group.DisposeAsync();
        Assert.Empty(Directory.GetFiles(_directory));
        Assert.True(group.Engines[0].Counters.Turns > 0, "counters can be read after the stop");
    }

    [Fact]
    public async Task A_start_replaces_the_file_of_a_dead_process_but_not_that_of_a_living_one()
    {
        string file = Path.Combine(_directory, "back-3.counters");
        File.WriteAllText(file, "left by a crash");
        await using EngineGroup group = Start();
        await EchoOnce(group, "hello");
        Assert.Throws<IOException>(Start);
        using CounterReader reader = CounterReader.TryOpen(file, out _)!;
        Assert.Equal(1, reader.Bindings()[_echo][StreamCounter.OpensReceived]);
    }

    [Fact]
    public async Task The_metrics_command_prints_one_table_with_names()
    {
        await using EngineGroup group = Start();
        await EchoOnce(group, "hello");
        string file = Path.Combine(_directory, "sluice.yaml");
        File.WriteAllText(file, "name: test\nbindings:\n  entry: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 7 }, exit: echo }\n  echo: { type: echo, kind: server }\n");
        string output = Metrics("--config", file);
        Assert.Matches("(?m)^namespace +binding +metric +value$", output);
        Assert.Matches(@"(?m)^test +echo +stream\.data\.sent +5$", output);
        Assert.Matches(@"(?m)^test +entry +stream\.opens\.received +1$", output);
        Assert.Matches(@"(?m)^- +back-3 +engine\.workers\.count +2$", output);
        string one = Metrics("echo", "--config", file, "--namespace", "test");
        Assert.Equal(1 + CounterLayout.GroupSlots, one.TrimEnd().Split('\n').Length);
        Assert.DoesNotContain("entry", one, StringComparison.Ordinal);
        Assert.Contains(_echo.ToString("x16"), Metrics(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_none_is_refused_with_the_reason()
    {
        string file = Path.Combine(_directory, "edge-0.counters");
        File.WriteAllBytes(file, new byte[CounterLayout.FileBytes(1)]);
        Assert.Null(CounterReader.TryOpen(file, out string? problem));
        Assert.Contains("no counter file", problem, StringComparison.Ordinal);
        File.WriteAllText(file, "");
        Assert.Null(CounterReader.TryOpen(file, out problem));
        Assert.Contains("too short", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        using var test = new TestEngine();
        CountMuch(test.Engine.Counters); // The first round compiles.
        long before = GC.GetAllocatedBytesForCurrentThread();
        CountMuch(test.Engine.Counters);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task How_long_turns_take_is_shown_for_each_engine()
    {
        await using EngineGroup group = Start();
        await EchoOnce(group, "hello");
        string[] lines = Metrics().Split('\n');
        foreach (string name in new[] { "engine.turn.p50.ns", "engine.turn.p99.ns", "engine.turn.max.ns" })
        {
            string[] words = lines.Single(line => line.Contains("back-3.0 ", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(long.Parse(words[^1], System.Globalization.CultureInfo.InvariantCulture) > 0, name);
        }

        Assert.Contains(lines, line => line.Contains("back-3.1 ", StringComparison.Ordinal));
    }

    private static void CountMuch(EngineCounters counters)
    {
        for (int i = 0; i < 1000; i++)
        {
            Memory.DirectionCounters direction = counters.Streams(_echo, isOpened: false, isReply: false);
            direction.Open();
            direction.Data(10);
            direction.Close(isError: false, wasOpen: true);
            counters.Turns++;
        }
    }

    private static long Count(TestEngine test, long binding, StreamCounter counter) => test.Engine.Counters.Stream(binding, counter);

    private EngineGroup Start() => EngineGroup.Start(
        new EngineGroupOptions { Room = "back", Instance = 3, EngineCount = 2, RunDirectory = _directory, Observer = _observer },
        engine => engine.Attach(_echo, new EchoBinding()));

    private static async Task EchoOnce(EngineGroup group, string text)
    {
        var done = new TaskCompletionSource();
        var client = new ScriptedStream { WhenData = stream => stream.Port.SendEnd(), WhenEnd = _ => done.SetResult() };
        group.Engines[0].Post(() =>
        {
            group.Engines[0].Open(client, _origin, _echo);
            Send();
        });
        await done.Task.WaitAsync(TimeSpan.FromSeconds(10));

        void Send()
        {
            if (client.Port.SendableBytes >= text.Length)
            {
                client.Send(text);
            }
            else
            {
                group.Engines[0].Post(Send);
            }
        }
    }

    private string Metrics(params string[] arguments)
    {
        var output = new StringWriter();
        int code = SluiceCommand.Create().Parse(["metrics", .. arguments, "--run-dir", _directory])
            .Invoke(new InvocationConfiguration { Output = output, Error = output });
        Assert.Equal(0, code);
        return output.ToString();
    }
}
