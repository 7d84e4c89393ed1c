using System.Diagnostics;
using System.Globalization;
using Sluice.Frames;

namespace Sluice.Bench.Load;

/// <summary>Two processes joined by a shared-memory link: round trips of 64 bytes, as the engines are and when they always park.</summary>
/// <remarks>
/// <c>rtt_spin_us</c>: back to back, engines as they are: they find out that looking pays. <c>rtt_parked_us</c>: back to back, engines
/// that never look: each frame finds its reader asleep in the kernel, and wakes it; <c>rtt_parked_one_core_us</c>: the same with both on one
/// core, where no halted processor has to be woken. <c>rtt_asleep_us</c>: 3 ms between round trips,
/// engines as they are, so that the processors sleep as well. Beside both of them the same done by the smallest C program
/// (bench/c/wake_ping.c), in turns, because the figure is the machine's more than ours.
/// </remarks>
internal static class LinkBench
{
    private const long Origin = 1;
    public const long Echo = 2;
    private const int AsleepMs = 3; // Engines and processors are asleep well before.
    private const int Rounds = 5;

    public static async Task RunAsync(LoadOptions options)
    {
        await WithPeerAsync(spinUs: null, async group =>
        {
            await PingAsync(group, 200_000, depth: 1, pauseMs: 0).ConfigureAwait(false);
            Figures.Print("rtt_spin_us", Median(await PingAsync(group, 400_000 * options.Seconds / 10, depth: 1, pauseMs: 0).ConfigureAwait(false)));
            long start = Stopwatch.GetTimestamp();
            int count = 1_000_000 * options.Seconds;
            await PingAsync(group, count, depth: 64, pauseMs: 0).ConfigureAwait(false);
            Figures.Print("round_trips_per_s", count / Stopwatch.GetElapsedTime(start).TotalSeconds);
            await CompareAsync("rtt_asleep", group, 20 * options.Seconds, AsleepMs).ConfigureAwait(false);
        }).ConfigureAwait(false);

        await WithPeerAsync(spinUs: 0, async group =>
        {
            await PingAsync(group, 20_000, depth: 1, pauseMs: 0).ConfigureAwait(false);
            FrameEngine engine = group.Engines[0];
            long parks = engine.Counters.Parks;
            await CompareAsync("rtt_parked", group, 2000 * options.Seconds, pauseMs: 0).ConfigureAwait(false);
            Figures.Print("parks_per_round_trip", (double)(engine.Counters.Parks - parks) / (Rounds * 2000 * options.Seconds));
        }).ConfigureAwait(false);

        await WithPeerAsync(spinUs: 0, async group =>
        {
            await PingAsync(group, 20_000, depth: 1, pauseMs: 0).ConfigureAwait(false);
            Figures.Print("rtt_parked_one_core_us", Median(await PingAsync(group, 2000 * options.Seconds, depth: 1, pauseMs: 0).ConfigureAwait(false)));
            await ReferenceBench.RunAsync(group, options).ConfigureAwait(false);
        }, cpu: Environment.ProcessorCount - 1).ConfigureAwait(false);
    }

    /// <summary>The other process; ends with its standard input.</summary>
    public static async Task RunPeerAsync(string directory, string spinUs, string cpu)
    {
        await using EngineGroup group = EngineGroup.Start(
            new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = directory, SourceDirectory = directory, SpinUsMax = Number(spinUs), Cpus = Cpus(Number(cpu)) },
            engine =>
            {
                engine.Attach(Echo, new EchoBinding());
                engine.Attach(ReferenceBench.Sink, new ReferenceBench.SinkBinding());
            });
        await Console.In.ReadToEndAsync().ConfigureAwait(false);
    }

    private static int[] Cpus(int? cpu) => cpu is int one ? [one] : [];

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static int? Number(string text) => text.Length == 0 ? null : int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task WithPeerAsync(int? spinUs, Func<EngineGroup, Task> measure, int? cpu = null)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-link-").FullName;
        string[] command = [typeof(LinkBench).Assembly.Location, "link-peer", directory, Text(spinUs), Text(cpu)];
        using Process peer = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardInput = true })!;
        try
        {
            await using EngineGroup group = EngineGroup.Start(
                new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = directory, ConnectTo = ["back"], SpinUsMax = spinUs, Cpus = Cpus(cpu) },
                engine =>
                {
                    engine.Place(Echo, "back");
                    engine.Place(ReferenceBench.Sink, "back");
                });
            await LinkedAsync(group).ConfigureAwait(false);
            await measure(group).ConfigureAwait(false);
        }
        finally
        {
            peer.StandardInput.Close();
            await peer.WaitForExitAsync().ConfigureAwait(false);
            Directory.Delete(directory, recursive: true);
        }
    }

    // Ours and the one in C in turns, so that what else the machine does meets both.
    private static async Task CompareAsync(string name, EngineGroup group, int count, int pauseMs)
    {
        string c = await CProgram.CompileAsync("wake_ping").ConfigureAwait(false);
        var ours = new List<double>();
        var theirs = new List<double>();
        for (int i = 0; i < Rounds; i++)
        {
            ours.Add(Median(await PingAsync(group, count, depth: 1, pauseMs).ConfigureAwait(false)));
            string[] arguments = ["fifo", "-1", "-1", count.ToString(CultureInfo.InvariantCulture), (pauseMs * 1000).ToString(CultureInfo.InvariantCulture)];
            theirs.Add(double.Parse(await CProgram.RunAsync(c, arguments).ConfigureAwait(false), CultureInfo.InvariantCulture));
        }

        File.Delete(c);
        Figures.Print($"{name}_us", Median([.. ours]));
        Figures.Print($"{name}_c_us", Median([.. theirs]));
        Figures.Print($"{name}_ratio_to_c", Median([.. ours.Zip(theirs, (our, their) => our / their)]));
    }

    /// <summary>Waits for the link.</summary>
    public static async Task LinkedAsync(EngineGroup group)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (!group.HasLinkTo("back"))
        {
            await Task.Delay(10).ConfigureAwait(false);
            if (Environment.TickCount64 > deadline)
            {
                throw new TimeoutException("the link did not come up within 20 s");
            }
        }
    }

    /// <summary>Sends messages of 64 bytes to the echo.</summary>
    /// <returns>The time of each round trip, in microseconds.</returns>
    public static Task<double[]> PingAsync(EngineGroup group, int count, int depth, int pauseMs)
    {
        var ping = new Ping(count, depth, pauseMs);
        group.Engines[0].Post(() => group.Engines[0].Open(ping, Origin, Echo));
        return ping.Done;
    }

    /// <summary>The middle one; sorts them.</summary>
    public static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    /// <summary>Sends back what it gets.</summary>
    public sealed class EchoBinding : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new EchoStream();

        private sealed class EchoStream : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame) => Port.SendBegin(frame.Extension);

            public override void OnData(in DataFrame frame) => Port.TrySendData(frame.Payload, frame.Flags, frame.Extension);

            public override void OnEnd(in EndFrame frame) => Port.SendEnd();

            public override void OnWindow(in WindowFrame frame) => Port.ShareWindowOf(Port);
        }
    }

    private sealed class Ping(int count, int depth, int pauseMs) : StreamHandler
    {
        private readonly TaskCompletionSource<double[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly double[] _roundTripsUs = new double[count];
        private readonly byte[] _payload = new byte[64];
        private bool _isStarted;
        private int _sent;
        private int _received;
        private long _sentAt;

        public Task<double[]> Done => _done.Task;

        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(1 << 20);

        public override void OnWindow(in WindowFrame frame)
        {
            for (; !_isStarted && _sent < depth && Port.SendableBytes > 0;)
            {
                Send(null);
            }

            _isStarted |= _sent == depth;
        }

        public override void OnData(in DataFrame frame)
        {
            _roundTripsUs[_received++] = Stopwatch.GetElapsedTime(_sentAt).TotalMicroseconds;
            Port.Acknowledge(frame.Reserved);
            if (_received == count)
            {
                Port.SendEnd();
            }
            else if (_sent < count && pauseMs == 0)
            {
                Send(null);
            }
            else if (_sent < count)
            {
                Port.Engine.Schedule(pauseMs, Send);
            }
        }

        public override void OnClosed() => _done.TrySetResult(_roundTripsUs);

        private void Send(object? _)
        {
            _sentAt = Stopwatch.GetTimestamp();
            if (!Port.TrySendData(_payload))
            {
                _done.TrySetException(new InvalidOperationException("the echo granted no credit"));
            }

            _sent++;
        }
    }
}
