using System.CommandLine;
using System.Diagnostics;
using Sluice.Frames.Tracing;

namespace Sluice.Cli;

/// <summary><c>sluice dump</c>: the frames between the processes of a running suite, as text or as a capture (docs/dump.md).</summary>
internal static class DumpCommand
{
    private const int LookMs = 1000;     // New links appear rarely.
    private const int PollMs = 1;        // Idle rings are looked at this often: no noticeable work, and a 1 MiB ring takes longer to lap.

    public static Command Create()
    {
        var directory = new RunDirectoryOption();
        Option<string?> configuration = BindingNames.CreateOption();
        var environment = new EnvironmentOption();
        var bindings = new Option<string?>("--bindings", "-b") { Description = "only frames from or to these", HelpName = "NS.NAME,..." };
        var file = new Option<string?>("--write", "-w") { Description = "write a pcapng capture instead of text", HelpName = "FILE" };
        var count = new Option<long?>("--count") { Description = "end after this many frames", HelpName = "N" };
        var seconds = new Option<int?>("--seconds") { Description = "end after this time", HelpName = "N" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "text: show the beginning of payloads" };
        var command = new Command("dump", "Show the frames between the processes of a running suite, without touching them.")
        {
            directory.Option, configuration, environment.Option, bindings, file, count, seconds, verbose,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            InvocationConfiguration streams = parsed.InvocationConfiguration;
            if (!OperatingSystem.IsLinux())
            {
                streams.Error.WriteLine("sluice: dump needs Linux: it finds the rings of a process through /proc");
                return 1;
            }

            if (directory.Find(parsed, streams.Error) is not { } path)
                return 1;
            if (BindingNames.Load(parsed.GetValue(configuration), environment.Lookup(parsed), streams.Error) is not { } names)
                return Configuration.StartUp.ConfigurationExitCode;
            if (!TryParse(parsed.GetValue(bindings), streams.Error, out HashSet<long>? wanted))
                return 1;

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(seconds) is int limit)
                stop.CancelAfter(TimeSpan.FromSeconds(limit));
            streams.Error.WriteLine("sluice: frames hold clear-text payloads and tokens; treat what is written here as a secret");
            using PcapngWriter? capture = parsed.GetValue(file) is { } name ? new PcapngWriter(Open(name)) : null;
            var dump = new Dump(names, wanted, capture, parsed.GetValue(verbose), parsed.GetValue(count) ?? long.MaxValue, streams);
            return await dump.RunAsync(path, stop.Token);
        });
        return command;
    }

    private static FileStream Open(string name)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(name, options);
    }

    private static bool TryParse(string? list, TextWriter error, out HashSet<long>? wanted)
    {
        wanted = list is null ? null : [];
        foreach (string text in list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            if (BindingNames.Parse(text) is not { } id)
            {
                error.WriteLine($"sluice: '{text}' is no binding; write namespace.name");
                return false;
            }

            wanted!.Add(id);
        }

        return true;
    }

    private sealed class Dump(BindingNames names, HashSet<long>? wanted, PcapngWriter? capture, bool verbose, long framesMax, InvocationConfiguration streams)
    {
        // Frames carry monotonic time, people read the wall clock: both are read once, here.
        private readonly long _offsetNs = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100
            - (long)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));
        private readonly HashSet<string> _said = [];
        private long _frames;
        private long _lost;

        public async Task<int> RunAsync(string directory, CancellationToken stop)
        {
            using var tap = new SuiteTap(directory);
            long lookAt = 0;
            try
            {
                while (_frames < framesMax)
                {
                    if (Environment.TickCount64 >= lookAt)
                    {
                        await LookAsync(tap, stop);
                        lookAt = Environment.TickCount64 + LookMs;
                    }

                    if (!Write(tap))
                        await Task.Delay(PollMs, stop);
                    stop.ThrowIfCancellationRequested();
                }
            }
            catch (OperationCanceledException)
            {
                Write(tap);
            }

            capture?.Flush();
            streams.Error.WriteLine($"sluice: {_frames} frames, {_lost} bytes lost");
            return 0;
        }

        private async Task LookAsync(SuiteTap tap, CancellationToken stop)
        {
            var problems = new List<string>();
            await tap.LookAsync(problems, stop);
            foreach (string problem in problems)
            {
                if (_said.Add(problem))
                    streams.Error.WriteLine($"sluice: {problem}");
            }

            foreach (string link in tap.LinkNames)
            {
                if (_said.Add(link))
                    streams.Error.WriteLine($"sluice: link {link}");
            }
        }

        private bool Write(SuiteTap tap)
        {
            IReadOnlyList<TracedFrame> frames = tap.Read(wanted, out long lost);
            _lost += lost;
            foreach (TracedFrame frame in frames)
            {
                if (_frames >= framesMax)
                    break;
                _frames++;
                long unixNs = frame.Header.TimestampNs + _offsetNs;
                if (capture is not null)
                    capture.Write(frame, unixNs, NameOf);
                else
                    streams.Output.WriteLine(FrameText.Describe(frame, DateTimeOffset.UnixEpoch.AddTicks(unixNs / 100), NameOf, verbose));
            }

            return frames.Count > 0;
        }

        private string NameOf(long id)
        {
            (string space, string name) = names[id];
            return space == "-" ? name : $"{space}:{name}";
        }
    }
}
