using System.Net.Sockets;
using System.Text;
using Sluice.Frames;
using Sluice.Frames.Links;
using Sluice.Frames.Testing;

namespace Sluice.Fuzz;

/// <summary>The socket of the hand-shake: whatever is said there, on either side, the process lives and the next peer is served.</summary>
/// <remarks>The corpus is Corpus/hellos.txt, one line a hello; DIR stands for the run directory, SHM for where ring files are.</remarks>
public sealed class HandShakeTests : IAsyncLifetime
{
    private const int RoundsOfListener = 400;
    private const int RoundsOfConnector = 60;
    private const int DeadlineMs = 20_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-fuzz-").FullName;
    private readonly Refusals _refusals = new();
    private readonly List<EngineGroup> _groups = [];
    private string[] _hellos = [];

    private string Socket => Path.Combine(_directory, "back-0.sock");

    public ValueTask InitializeAsync()
    {
        string rings = RingFiles.Folder(_directory);
        _hellos = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Corpus", "hellos.txt")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Replace("DIR", _directory, StringComparison.Ordinal).Replace("SHM", rings, StringComparison.Ordinal))];
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EngineGroup group in _groups)
        {
            await group.DisposeAsync();
        }

        Assert.DoesNotContain(Directory.GetFiles(_directory), file => !file.EndsWith(".ring", StringComparison.Ordinal));
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_listener_survives_every_hello_and_serves_the_next_peer()
    {
        StartBack();
        foreach (string hello in _hellos)
        {
            await SayAsync(Encoding.UTF8.GetBytes(hello + "\n"), null);
        }

        await Rounds.RunAsync(RoundsOfListener, async random =>
        {
            byte[] line = random.Mutate(Encoding.UTF8.GetBytes(random.Pick(_hellos) + (random.OneIn(8) ? "" : "\n")));
            await SayAsync(line, random);
        });
        Assert.NotEmpty(_refusals.Messages);
        EngineGroup front = EngineGroup.Start(new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = _directory, ConnectTo = ["back"] }, engine => engine.Place(2, "back"));
        _groups.Add(front);
        await Until(() => front.HasLinkTo("back"));
        var client = new ScriptedStream();
        front.Engines[0].Post(() => front.Engines[0].Open(client, 1, 2));
        await Until(() => client.Log.Contains("BEGIN"));
    }

    [Fact]
    public async Task A_connector_survives_every_listener_and_finds_the_true_one()
    {
        EngineGroup front = EngineGroup.Start(new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = _directory, ConnectTo = ["back"], Observer = _refusals }, engine => engine.Place(2, "back"));
        _groups.Add(front);
        await Rounds.RunAsync(RoundsOfConnector, async random =>
        {
            using var liar = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            liar.Bind(new UnixDomainSocketEndPoint(Socket));
            liar.Listen();
            using (Socket peer = await liar.AcceptAsync(Deadline()))
            {
                byte[] hello = Encoding.UTF8.GetBytes(random.Pick(_hellos) + "\n");
                await TrySendAsync(peer, random.OneIn(2) ? hello : random.Mutate(hello));
                await TrySendAsync(peer, random.Mutate("{\"sluice\":1,\"isReady\":true}\n"u8));
            }

            File.Delete(Socket);
        });
        StartBack();
        await Until(() => front.HasLinkTo("back"));
    }

    private async Task SayAsync(byte[] line, FuzzRandom? random)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), Deadline());
        for (int at = 0; at < line.Length;)
        {
            int piece = random is null ? line.Length : Math.Min(line.Length - at, 1 + random.Below(line.Length));
            if (!await TrySendAsync(socket, line.AsMemory(at, piece)))
            {
                break;
            }

            at += piece;
        }

        socket.Shutdown(SocketShutdown.Send);
        byte[] answer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(answer, Deadline()) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // It had enough of us.
        }
    }

    private static async Task<bool> TrySendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await socket.SendAsync(bytes, Deadline());
            return true;
        }
        catch (SocketException)
        {
            return false; // Refused in the middle of a word.
        }
    }

    private void StartBack() => _groups.Add(EngineGroup.Start(
        new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = _directory, Observer = _refusals },
        engine => engine.Attach(2, new ScriptedBinding(_ => new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin() }))));

    private static CancellationToken Deadline() => new CancellationTokenSource(DeadlineMs).Token;

    private static async Task Until(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + DeadlineMs;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "the condition did not come true in time");
            await Task.Delay(5);
        }
    }
}
