using System.Diagnostics;
using System.Globalization;
using Sluice.Frames.Crash;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4, liveness: kill -9 of either side under traffic ends every stream of the link, and the link opens again.</summary>
/// <remarks>The promise is 100 ms; a shared machine may be late, so the assertion is 2 s and the median is printed.</remarks>
[Collection("processes")]
public sealed class LinkCrashTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const int LateMs = 2000;
    private const int DeadlineMs = 30_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-kill-").FullName;
    private readonly List<int> _children = [];
    private readonly List<double> _noticesMs = [];
    private readonly Random _random = new();
    private EngineGroup? _group;
    private ChildProcess? _child;

    public async ValueTask DisposeAsync()
    {
        if (_group is not null)
        {
            await _group.DisposeAsync();
            ((LeakObserver)_group.Options.Observer).AssertClean();
        }

        _child?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task When_the_room_behind_is_killed_its_callers_hear_it_and_find_its_successor()
    {
        var chatters = new List<Chatter>();
        _group = EngineGroup.Start(
            new EngineGroupOptions { Room = "front", EngineCount = 2, RunDirectory = _directory, SourceDirectory = _directory, ConnectTo = ["back"], Observer = new LeakObserver() },
            engine =>
            {
                engine.Place(Chatter.BindingId, "back");
                chatters.Add(new Chatter(engine, _random.Next()) { Source = new CrashSource(Path.Combine(_directory, "content")) });
            });
        for (int kill = 0; kill < Kills.OfLinks / 2; kill++)
        {
            StartChild("back");
            await Until(() => _group.Engines.All(engine => engine.HasLinkTo("back")), "the link to open");
            foreach (Chatter chatter in chatters)
            {
                _group.Engines[chatters.IndexOf(chatter)].Post(() => chatter.Start(8));
            }

            long bytes = chatters.Sum(chatter => chatter.Bytes) + _random.Next(2_000_000);
            await Until(() => chatters.Sum(chatter => chatter.Bytes) >= bytes, "traffic");
            await Kill(() => chatters.TrueForAll(chatter => chatter.Open == 0) && _group.StreamCount == 0);
            Assert.All(chatters, chatter => Assert.Null(chatter.Problem));
            AssertBalanced();
        }

        AssertReferred();
        await Finish("back");
        chatters.ForEach(chatter => chatter.Source!.Dispose());
    }

    [Fact]
    public async Task When_a_caller_is_killed_its_streams_end_and_its_successor_is_served()
    {
        _group = EngineGroup.Start(
            new EngineGroupOptions { Room = "back", EngineCount = 2, RunDirectory = _directory, SourceDirectory = _directory, Observer = new LeakObserver() },
            engine => engine.Attach(Chatter.BindingId, new EchoBinding()));
        for (int kill = 0; kill < Kills.OfLinks / 2; kill++)
        {
            StartChild("front");
            long frames = Frames() + 100 + _random.Next(20_000);
            await Until(() => Frames() >= frames && _group.StreamCount > 0, "traffic");
            await Kill(() => _group.StreamCount == 0);
            AssertBalanced();
        }

        AssertReferred();
        await Finish("front");

        long Frames() => _group.Engines.Sum(engine => engine.Counters.FramesReceived);
    }

    [Fact]
    public async Task A_caller_killed_during_the_hand_shake_leaves_no_file_beyond_the_next_start()
    {
        _group = EngineGroup.Start(
            new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = _directory, Observer = new LeakObserver() },
            engine => engine.Attach(Chatter.BindingId, new EchoBinding()));
        for (int kill = 0; kill < Kills.OfLinks / 5; kill++)
        {
            StartChild("front");
            string mark = $"sluice-{_child!.Id.ToString(CultureInfo.InvariantCulture)}-";
            long spins = _random.Next(20_000);
            await Until(() => RingFiles(mark).Length > 0 || _group.StreamCount > 0, "the hand-shake"); // Often the file is seen before its name is gone.
            for (long i = 0; i < spins; i++)
            {
                Thread.SpinWait(1);
            }

            _child.Kill();
            _child.Dispose();
            await Until(() => _group.StreamCount == 0, "the streams to end");
        }

        await Finish("front");
    }

    private static string[] RingFiles(string mark) => Directory.Exists("/dev/shm") ? Directory.GetFiles("/dev/shm", mark + "*") : [];

    private void StartChild(string room)
    {
        _child = ChildProcess.Start("link", _directory, room);
        _children.Add(_child.Id);
    }

    private async Task Kill(Func<bool> isOver)
    {
        long killed = Stopwatch.GetTimestamp();
        _child!.Kill();
        await Until(isOver, "the streams to end");
        double noticedMs = Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
        _noticesMs.Add(noticedMs);
        Assert.True(noticedMs < LateMs, $"the streams ended {noticedMs:F0} ms after the kill");
        _child.Dispose();
    }

    // The last child lives and stops cleanly: then nothing is left in the run directory or in shared memory, of it or of those before it.
    private async Task Finish(string room)
    {
        StartChild(room);
        await Until(() => _group!.StreamCount > 0 || _group.HasLinkTo(room), "the last link");
        _child!.Stop();
        await Until(() => _group!.StreamCount == 0, "the streams to end");
        AssertBalanced();
        await _group!.DisposeAsync();
        _group = null;
        Assert.Empty(Directory.GetFiles(_directory));
        Assert.All(_children.Append(Environment.ProcessId), id => Assert.Empty(RingFiles($"sluice-{id}-")));
        if (_noticesMs.Count > 0)
        {
            _noticesMs.Sort();
            output.WriteLine($"{_noticesMs.Count} kills: streams ended after {_noticesMs[_noticesMs.Count / 2]:F1} ms (median), {_noticesMs[^1]:F1} ms (longest)");
        }
    }

    // Part of the content went by reference, and when all is over no file of a peer is mapped any more.
    private void AssertReferred()
    {
        Assert.All(_group!.Engines, engine => Assert.True(engine.Counters.DataBytesReferred > 0));
        Assert.True(SpinWait.SpinUntil(() => _group.Maps!.Count == 0, DeadlineMs), "files of dead peers are still mapped");
    }

    // Every stream that began is over: what was counted in is counted out.
    private void AssertBalanced() => Assert.All(
        _group!.Engines,
        engine =>
        {
            Assert.Equal(engine.Counters.StreamsOpened + engine.Counters.StreamsAccepted, engine.Counters.StreamsClosed);
            Assert.Equal(0, engine.Counters.Faults);
            Assert.Equal(0, engine.Counters.Violations);
        });

    private static async Task Until(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + DeadlineMs;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"waited {DeadlineMs} ms for {what}");
            await Task.Delay(1);
        }
    }
}
