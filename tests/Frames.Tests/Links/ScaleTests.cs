using System.Text;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>Several instances of a room in one run directory: streams spread over those that live, stay with one, and move on when it dies.</summary>
public sealed class ScaleTests : IAsyncDisposable
{
    private const long Origin = 1;
    private const long Who = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-scale-").FullName;
    private readonly Dictionary<int, (EngineGroup Group, ScriptedBinding Binding)> _backs = [];
    private readonly LeakObserver _observer = new();
    private EngineGroup? _front;

    public async ValueTask DisposeAsync()
    {
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }

        foreach ((EngineGroup group, _) in _backs.Values)
        {
            await group.DisposeAsync();
        }

        _observer.AssertClean();
        Leaks.AssertNoFiles(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Streams_spread_over_all_instances_and_each_stays_with_its_own()
    {
        await StartAsync(3);
        ScriptedStream[] clients = await OpenAsync(30);
        Assert.All(_backs.Values, back => Assert.Equal(10, back.Binding.Streams.Count));
        for (int round = 0; round < 3; round++)
        {
            int expected = 30 * (round + 1);
            foreach (ScriptedStream client in clients)
            {
                _front!.Engines[0].Post(() => client.Send("x"));
            }

            await Until(() => Received() == expected);
        }

        Assert.All(_backs.Values.SelectMany(back => back.Binding.Streams), stream => Assert.Equal("xxx", stream.ReceivedText));

        int Received() => _backs.Values.Sum(back => back.Binding.Streams.Sum(stream => stream.Log.Count(line => line.StartsWith("DATA", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task When_one_dies_its_streams_end_the_others_live_and_new_ones_go_elsewhere()
    {
        await StartAsync(3);
        ScriptedStream[] clients = await OpenAsync(9);
        (EngineGroup dying, ScriptedBinding binding) = _backs[1];
        _backs.Remove(1);
        await dying.DisposeAsync();
        await Until(() => clients.Count(client => client.Log.Contains("CLOSED")) == 3);
        Assert.Equal(3, binding.Streams.Count);
        await LinkedAsync();
        await OpenAsync(10);
        Assert.Equal([8, 8], _backs.Values.Select(back => back.Binding.Streams.Count));
        Assert.Equal(6, clients.Count(client => !client.Log.Contains("CLOSED")));
    }

    [Fact]
    public async Task A_new_instance_gets_its_share_without_a_restart_of_others()
    {
        await StartAsync(1);
        await OpenAsync(4);
        StartBack(1);
        await LinkedAsync();
        await OpenAsync(10);
        Assert.Equal(5, _backs[1].Binding.Streams.Count);
    }

    [Fact]
    public async Task Streams_of_one_affinity_share_an_instance()
    {
        await StartAsync(3);
        await OpenAsync(12, affinity: 7);
        Assert.Equal([0, 0, 12], _backs.Values.Select(back => back.Binding.Streams.Count).Order());
    }

    [Fact]
    public async Task Instances_without_a_number_take_the_first_free_one_however_many_start_at_once()
    {
        EngineGroup[] groups = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => EngineGroup.Start(
            new EngineGroupOptions { Room = "back", Instance = null, EngineCount = 1, RunDirectory = _directory }, engine => engine.Attach(Who, new ScriptedBinding(_ => new ScriptedStream()))))));
        Assert.Equal([0, 1, 2, 3, 4, 5], groups.Select(group => group.Instance).Order());
        EngineGroup second = groups.Single(group => group.Instance == 1);
        await second.DisposeAsync();
        await using EngineGroup again = EngineGroup.Start(
            new EngineGroupOptions { Room = "back", Instance = null, EngineCount = 1, RunDirectory = _directory }, engine => engine.Attach(Who, new ScriptedBinding(_ => new ScriptedStream())));
        Assert.Equal(1, again.Instance);
        foreach (EngineGroup group in groups)
        {
            await group.DisposeAsync();
        }
    }

    private async Task StartAsync(int instances)
    {
        for (int i = 0; i < instances; i++)
        {
            StartBack(i);
        }

        _front = EngineGroup.Start(
            new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = _directory, ConnectTo = ["back"], Observer = _observer },
            engine => engine.Place(Who, "back"));
        await LinkedAsync();
    }

    // At the side that opens: the other one may know of the link a moment earlier.
    private Task LinkedAsync() => Until(() => _front!.LinkCount("back") == _backs.Count);

    private void StartBack(int instance)
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin(Encoding.UTF8.GetBytes($"{instance}")) });
        _backs[instance] = (EngineGroup.Start(
            new EngineGroupOptions { Room = "back", Instance = instance, EngineCount = 1, RunDirectory = _directory, Observer = _observer }, engine => engine.Attach(Who, binding)), binding);
    }

    private async Task<ScriptedStream[]> OpenAsync(int count, long affinity = 0)
    {
        FrameEngine engine = _front!.Engines[0];
        ScriptedStream[] clients = [.. Enumerable.Range(0, count).Select(_ => new ScriptedStream())];
        engine.Post(() =>
        {
            foreach (ScriptedStream client in clients)
            {
                engine.Open(client, Origin, Who, affinity: affinity);
            }
        });
        await Until(() => clients.All(client => client.BeginExtension is not null && client.Port.SendableBytes > 0));
        return clients;
    }

    private static async Task Until(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "the condition did not come true within 20 s");
            await Task.Delay(5);
        }
    }
}
