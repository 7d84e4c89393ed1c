using System.Net.Sockets;
using System.Text;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4: two groups of engines joined by shared memory, as two processes would be.</summary>
public sealed class LinkTests : IAsyncDisposable
{
    private const long Origin = 1;
    private const long Echo = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-link-").FullName;
    private readonly List<EngineGroup> _groups = [];
    private readonly LeakObserver _observer = new();

    public async ValueTask DisposeAsync()
    {
        foreach (EngineGroup group in _groups)
        {
            await Leaks.AssertNoneOpenAsync(group);
        }

        foreach (EngineGroup group in _groups)
        {
            await group.DisposeAsync();
        }

        _observer.AssertClean();
        Leaks.AssertNoFiles(_directory);
        Assert.Empty(Directory.GetFiles("/dev/shm", $"sluice-{Environment.ProcessId}-*"));
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    public async Task Streams_cross_a_link_and_come_back(int frontEngines, int backEngines)
    {
        StartBack(backEngines);
        EngineGroup front = StartFront(frontEngines);
        await Until(() => front.HasLinkTo("back"));
        var clients = new List<Task<string>>();
        for (int i = 0; i < 100; i++)
        {
            clients.Add(EchoOnce(front.Next(), $"message {i}"));
        }

        string[] answers = await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"message {i}"), answers);
        await Until(() => _groups.Sum(group => group.StreamCount) == 0);
    }

    [Fact]
    public async Task A_large_body_crosses_a_link_intact()
    {
        StartBack(1);
        EngineGroup front = StartFront(1);
        await Until(() => front.HasLinkTo("back"));
        byte[] content = new byte[8 << 20];
        Random.Shared.NextBytes(content);
        var done = new TaskCompletionSource<byte[]>();
        front.Engines[0].Post(() => front.Engines[0].Open(new Pump(content, done), Origin, Echo));
        byte[] received = await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(content.AsSpan().SequenceEqual(received));
        await Until(() => _groups.Sum(group => group.StreamCount) == 0);
    }

    [Fact]
    public async Task When_the_peer_goes_its_streams_end_and_a_new_one_is_found()
    {
        EngineGroup back = StartBack(1);
        EngineGroup front = StartFront(1);
        await Until(() => front.HasLinkTo("back"));
        var client = new ScriptedStream();
        FrameEngine engine = front.Engines[0];
        engine.Post(() => engine.Open(client, Origin, Echo));
        await Until(() => client.Log.Contains("BEGIN"));

        await back.DisposeAsync();
        _groups.Remove(back);
        await Until(() => client.Log.Contains("CLOSED"));
        Assert.Contains(client.Log, line => line is "ABORT PeerLost" or "ABORT Shutdown");
        await Until(() => !front.HasLinkTo("back"));

        var refused = new ScriptedStream();
        engine.Post(() => engine.Open(refused, Origin, Echo));
        await Until(() => refused.Log.Contains("CLOSED"));
        Assert.Equal("RESET Unreachable", refused.Log[0]);

        StartBack(2);
        await Until(() => front.HasLinkTo("back"));
        Assert.Equal("again", await EchoOnce(engine, "again").WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_second_process_of_the_same_instance_is_refused_with_the_reason()
    {
        StartBack(1);
        IOException exception = Assert.Throws<IOException>(() => StartBack(1));
        Assert.Contains("instance 0 already runs", exception.Message, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_socket_left_by_a_killed_process_is_taken_over()
    {
        File.WriteAllText(Path.Combine(_directory, "back-0.sock"), ""); // Nobody listens behind it: what kill -9 leaves.
        StartBack(1);
        EngineGroup front = StartFront(1);
        await Until(() => front.HasLinkTo("back"));
    }

    [Fact]
    public async Task A_peer_of_another_version_or_garbage_is_refused_and_the_listener_lives()
    {
        var refusals = new Refusals();
        _groups.Add(EngineGroup.Start(new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = _directory, Observer = refusals }, engine => engine.Attach(Echo, new EchoBinding())));
        foreach (string hello in new[] { "{\"sluice\":99,\"engines\":1,\"bells\":[\"x\"]}\n", "no json\n", "{\"sluice\":1,\"engines\":1000,\"bells\":[]}\n", "{\"sluice\":1,\"engines\":1,\"bells\":[\"/nowhere\"],\"rings\":\"/nowhere\"}\n" })
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_directory, "back-0.sock")));
            await socket.SendAsync(Encoding.UTF8.GetBytes(hello));
            byte[] answer = new byte[4096];
            while (await socket.ReceiveAsync(answer) > 0)
            {
            }
        }

        await Until(() => refusals.Messages.Count == 4);
        Assert.Contains(refusals.Messages, message => message.Contains("speaks link protocol 99", StringComparison.Ordinal));
        EngineGroup front = StartFront(1);
        await Until(() => front.HasLinkTo("back"));
    }

    [Theory]
    [InlineData(7, null)]
    [InlineData(6, "the ring file is of epoch 7, the hand-shake of 6")]
    [InlineData(0, "names no epoch")]
    public async Task A_ring_file_of_another_epoch_is_refused(long epoch, string? reason)
    {
        var refusals = new Refusals();
        _groups.Add(EngineGroup.Start(new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = _directory, Observer = refusals }, _ => { }));
        const int RingBytes = Memory.FrameRing.CapacityBytesMin;
        using Memory.MappedFile file = RingsOf(epoch: 7, RingBytes);
        using var bell = Links.FifoDoorbell.Create(Path.Combine(_directory, "front-0.0.bell"));
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_directory, "back-0.sock")));
            await Links.LinkHello.ReceiveAsync(socket, CancellationToken.None);
            var hello = new Links.LinkHello { Version = 1, Room = "front", Engines = 1, Bells = [bell.Path], Rings = file.Path, RingBytes = RingBytes, Epoch = epoch };
            await hello.SendAsync(socket, CancellationToken.None);
            if (reason is null)
            {
                Assert.True((await Links.LinkHello.ReceiveAsync(socket, CancellationToken.None)).IsReady);
                await Until(() => _groups[0].HasLinkTo("front"));
            }
            else
            {
                await Until(() => refusals.Messages.Count == 1);
                Assert.Contains(reason, refusals.Messages.First(), StringComparison.Ordinal);
            }
        }

        file.Unlink();
    }

    [Fact]
    public void A_file_that_has_no_room_is_refused_with_its_size_and_what_to_do()
    {
        string path = Path.Combine(_directory, "large.ring");
        IOException exception = Assert.Throws<IOException>(() => Memory.MappedFile.Create(path, 1L << 60));
        Assert.StartsWith($"{_directory} has no room for a file of {1L << 60} bytes; free some", exception.Message, StringComparison.Ordinal); // The same at every try.
        Assert.False(File.Exists(path));
        using Memory.MappedFile file = Memory.MappedFile.Create(path, 1 << 20);
        Assert.Contains("exists", Assert.Throws<IOException>(() => Memory.MappedFile.Create(path, 1 << 20)).Message, StringComparison.Ordinal);
        file.Unlink();
    }

    [Fact]
    public async Task Everything_a_link_needs_is_private_to_the_user()
    {
        string directory = Path.Combine(_directory, "run");
        await using (EngineGroup group = EngineGroup.Start(new EngineGroupOptions { Room = "back", EngineCount = 2, RunDirectory = directory }, _ => { }))
        {
            const UnixFileMode Others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Assert.Equal(UnixFileMode.None, ModeOf(directory) & Others);
            string[] files = Directory.GetFiles(directory);
            Assert.Equal(["back-0.0.bell", "back-0.1.bell", "back-0.counters", "back-0.sock"], files.Select(file => Path.GetFileName(file)).Order());
            Assert.All(files, file => Assert.Equal(UnixFileMode.None, ModeOf(file) & Others));
            using var ring = Memory.MappedFile.Create(Links.RingFiles.NewPath(directory), 4096);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(ring.Path));
            ring.Unlink();
        }

        Directory.Delete(directory);
    }

    [Fact]
    public async Task A_start_removes_the_bells_and_rings_of_the_dead()
    {
        string ring = Links.RingFiles.NewPath(_directory);
        File.WriteAllText(ring, "left by a killed process");
        File.WriteAllText(Path.Combine(_directory, "back-0.7.bell"), "it had eight engines");
        File.WriteAllText(Path.Combine(_directory, "back-1.0.bell"), "of another instance");
        StartBack(1);
        Assert.False(File.Exists(ring));
        Assert.Equal(["back-0.0.bell", "back-1.0.bell"], Directory.GetFiles(_directory, "*.bell").Select(file => Path.GetFileName(file)).Order());
        File.Delete(Path.Combine(_directory, "back-1.0.bell"));
        await Task.CompletedTask;
    }

    private unsafe Memory.MappedFile RingsOf(long epoch, int ringBytes)
    {
        Memory.MappedFile file = Memory.MappedFile.Create(Links.RingFiles.NewPath(_directory), Links.SharedMemoryLink.FileBytes(1, 1, ringBytes));
        for (int ring = 0; ring < 2; ring++)
        {
            Memory.FrameRing.Create(file.Start + (ring * Links.SharedMemoryLink.Stride(ringBytes)), ringBytes, epoch);
        }

        return file;
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static async Task Until(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "the condition did not come true within 20 s");
            await Task.Delay(5);
        }
    }

    private static Task<string> EchoOnce(FrameEngine engine, string text)
    {
        var done = new TaskCompletionSource<byte[]>();
        engine.Post(() => engine.Open(new Pump(Encoding.UTF8.GetBytes(text), done), Origin, Echo));
        return done.Task.ContinueWith(task => Encoding.UTF8.GetString(task.Result), TaskScheduler.Default);
    }

    private EngineGroup StartBack(int engines)
    {
        EngineGroup group = EngineGroup.Start(
            new EngineGroupOptions { Room = "back", EngineCount = engines, RunDirectory = _directory, Observer = _observer },
            engine => engine.Attach(Echo, new EchoBinding()));
        _groups.Add(group);
        return group;
    }

    private EngineGroup StartFront(int engines)
    {
        EngineGroup group = EngineGroup.Start(
            new EngineGroupOptions { Room = "front", EngineCount = engines, RunDirectory = _directory, ConnectTo = ["back"], Observer = _observer },
            engine => engine.Place(Echo, "back"));
        _groups.Add(group);
        return group;
    }
}
