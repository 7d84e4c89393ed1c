using System.Diagnostics;
using System.Globalization;
using Sluice.Frames;

namespace Sluice.Bench.Load;

/// <summary>10,000 idle streams across two links: what each costs beyond its slots in each of the three processes they touch.</summary>
/// <remarks>
/// <code>
///   front ══ shared memory ══ middle (takes a stream, opens another) ══ shared memory ══ back
/// </code>
/// Each stream has said 64 bytes both ways, has a window of 64 KiB both ways, and is then silent. The middle holds two ends of each. Counted is
/// what the collector knows after a full collection, less what it knew before (a hundred streams had come and gone), handlers and tables
/// included; beside it the growth of private memory, which moves in steps.
/// </remarks>
internal static class StreamsBench
{
    private const int Streams = 10_000;
    private const int WarmUp = 100;
    private const int WindowBytes = 64 * 1024;
    private const long Middle = 2;
    private const long Back = 3;

    public static async Task RunAsync()
    {
        string directory = Directory.CreateTempSubdirectory("sluice-streams-").FullName;
        using Process back = StartPeer("back", directory);
        using Process middle = StartPeer("middle", directory);
        try
        {
            await using EngineGroup group = Start("front", directory);
            await UntilAsync(() => group.HasLinkTo("middle"), "the link to the middle").ConfigureAwait(false);
            await AskAsync(middle).ConfigureAwait(false); // It answers once it is linked.
            await OpenAsync(group, WarmUp, close: true).ConfigureAwait(false);
            Held before = Held.Now();
            Held middleBefore = await AskAsync(middle).ConfigureAwait(false);
            Held backBefore = await AskAsync(back).ConfigureAwait(false);
            List<Client> clients = await OpenAsync(group, Streams, close: false).ConfigureAwait(false);
            double worst = Print("front", before, Held.Now());
            worst = Math.Max(worst, Print("middle", middleBefore, await AskAsync(middle).ConfigureAwait(false)));
            worst = Math.Max(worst, Print("back", backBefore, await AskAsync(back).ConfigureAwait(false)));
            Figures.Print("streams", clients.Count(client => client.Received == 1));
            Figures.Print("stream_bytes", worst);
        }
        finally
        {
            foreach (Process peer in (Process[])[middle, back])
            {
                peer.StandardInput.Close();
                await peer.WaitForExitAsync().ConfigureAwait(false);
            }

            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>One of the other processes: says what it holds for each line it reads, and ends with its standard input.</summary>
    public static async Task RunPeerAsync(string room, string directory)
    {
        await using EngineGroup group = Start(room, directory);
        await UntilAsync(() => group.Options.ConnectTo.All(group.HasLinkTo), "the link onwards").ConfigureAwait(false);
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null)
        {
            Held held = Held.Now();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{held.ManagedBytes} {held.PrivateBytes}"));
        }
    }

    private static Process StartPeer(string room, string directory) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(StreamsBench).Assembly.Location, "streams-peer", room, directory]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static EngineGroup Start(string room, string directory) => EngineGroup.Start(
        new EngineGroupOptions
        {
            Room = room,
            EngineCount = 1,
            RunDirectory = directory,
            ConnectTo = room switch { "front" => ["middle"], "middle" => ["back"], _ => [] },
        },
        engine =>
        {
            switch (room)
            {
                case "front":
                    engine.Place(Middle, "middle");
                    break;
                case "middle":
                    engine.Place(Back, "back");
                    engine.Attach(Middle, new Binding(isProxy: true));
                    break;
                default:
                    engine.Attach(Back, new Binding(isProxy: false));
                    break;
            }
        });

    private static async Task<List<Client>> OpenAsync(EngineGroup group, int count, bool close)
    {
        FrameEngine engine = group.Engines[0];
        var clients = new List<Client>(count);
        engine.Post(() =>
        {
            for (int i = 0; i < count; i++)
            {
                var client = new Client();
                clients.Add(client);
                engine.Open(client, originId: 1, Middle);
            }
        });
        await UntilAsync(() => clients.Count == count && clients.TrueForAll(client => client.Received > 0), $"{count} streams").ConfigureAwait(false);
        if (close)
        {
            engine.Post(() => clients.ForEach(client => client.Port.SendEnd()));
            await UntilAsync(() => group.StreamCount == 0, "the first streams to end").ConfigureAwait(false);
        }

        return clients;
    }

    private static double Print(string room, Held before, Held after)
    {
        double managed = (double)(after.ManagedBytes - before.ManagedBytes) / Streams;
        Figures.Print($"stream_bytes_{room}", managed);
        Figures.Print($"stream_private_bytes_{room}", (double)(after.PrivateBytes - before.PrivateBytes) / Streams);
        return managed;
    }

    private static async Task<Held> AskAsync(Process peer)
    {
        await peer.StandardInput.WriteLineAsync("held").ConfigureAwait(false);
        string[] numbers = (await peer.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false))?.Split(' ')
            ?? throw new IOException("a process of the benchmark ended");
        return new Held(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            await Task.Delay(10).ConfigureAwait(false);
            if (Environment.TickCount64 > deadline)
            {
                throw new TimeoutException($"{what}: not within 30 s");
            }
        }
    }

    private readonly record struct Held(long ManagedBytes, long PrivateBytes)
    {
        public static Held Now()
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            string anonymous = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return new Held(managed, 1024 * long.Parse(anonymous.AsSpan(8).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture));
        }
    }

    private sealed class Binding(bool isProxy) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => isProxy ? new Side(isFront: true) : new Echo();
    }

    private sealed class Echo : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => Port.SendBegin();

        public override void OnData(in DataFrame frame) => Port.TrySendData(frame.Payload);

        public override void OnWindow(in WindowFrame frame) => Port.ShareWindowOf(Port);

        public override void OnEnd(in EndFrame frame) => Port.SendEnd();
    }

    private sealed class Side(bool isFront) : StreamHandler
    {
        private Side? _other;

        public override void OnBegin(in BeginFrame frame)
        {
            if (isFront)
            {
                _other = new Side(isFront: false) { _other = this };
                Port.Engine.Open(_other, Middle, Back);
            }
            else
            {
                _other!.Port.SendBegin();
            }
        }

        public override void OnData(in DataFrame frame) => _other!.Port.TrySendData(frame.Payload);

        public override void OnEnd(in EndFrame frame) => _other!.Port.SendEnd();

        public override void OnWindow(in WindowFrame frame) => _other!.Port.ShareWindowOf(Port);
    }

    private sealed class Client : StreamHandler
    {
        private bool _isSent;

        public int Received { get; private set; }

        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(WindowBytes);

        public override void OnWindow(in WindowFrame frame)
        {
            _isSent = _isSent || Port.TrySendData(stackalloc byte[64]);
        }

        public override void OnData(in DataFrame frame)
        {
            Received++;
            Port.Acknowledge(frame.Reserved);
        }
    }
}
