using System.CommandLine;
using System.Diagnostics;
using Sluice.Frames.Tracing;

namespace Sluice.Cli;

/// <summary><c>sluice metrics [binding]</c>: one table of what a suite has counted, running or crashed (config-core §7.1).</summary>
/// <remarks>It reads the counter files of the run directory; no process is asked.</remarks>
internal static class MetricsCommand
{
    public static Command Create()
    {
        var binding = new Argument<string?>("binding") { Description = "only this binding", Arity = ArgumentArity.ZeroOrOne };
        var space = new Option<string?>("--namespace") { Description = "only this namespace", HelpName = "NS" };
        var directory = new RunDirectoryOption();
        Option<string?> configuration = BindingNames.CreateOption();
        var environment = new EnvironmentOption();
        var command = new Command("metrics", "Show what a suite has counted, while it runs or after it crashed.")
        {
            binding, space, directory.Option, configuration, environment.Option,
        };
        command.SetAction(parsed =>
        {
            InvocationConfiguration streams = parsed.InvocationConfiguration;
            if (directory.Find(parsed, streams.Error) is not { } path)
                return 1;
            if (BindingNames.Load(parsed.GetValue(configuration), environment.Lookup(parsed), streams.Error) is not { } names)
                return Configuration.StartUp.ConfigurationExitCode;
            return Run(path, names, parsed.GetValue(space), parsed.GetValue(binding), streams.Output, streams.Error);
        });
        return command;
    }

    private static int Run(string directory, BindingNames names, string? space, string? binding, TextWriter output, TextWriter error)
    {
        List<CounterReader> readers = Open(directory, error);
        if (readers.Count == 0)
        {
            error.WriteLine($"sluice: no counters in {directory}; a suite that stops cleanly takes them along");
            return 1;
        }

        var rows = new List<string[]>();
        Dictionary<long, BindingCounts> bindings = Sum(readers);
        IEnumerable<long> order = names.Bindings.Select(configured => configured.Id)
            .Concat(bindings.Where(entry => !entry.Value.IsEmpty).Select(entry => entry.Key).Order()).Distinct();
        foreach (long id in order)
        {
            (string rowSpace, string rowName) = names[id];
            if ((space is null || space == rowSpace) && (binding is null || binding == rowName))
            {
                BindingCounts counts = bindings.GetValueOrDefault(id) ?? new BindingCounts();
                rows.AddRange(CounterLabelAttribute.AllOf<StreamCounter>().Select(counter => (string[])[rowSpace, rowName, counter.Label.Label, $"{counts[counter.Counter]}"]));
            }
        }

        if (space is null && binding is null)
            rows.AddRange(readers.SelectMany(EngineRows));
        Print(rows, output);
        foreach (CounterReader reader in readers)
            reader.Dispose();
        return rows.Count > 0 ? 0 : 1;
    }

    private static List<CounterReader> Open(string directory, TextWriter error)
    {
        var readers = new List<CounterReader>();
        foreach (string file in Directory.GetFiles(directory, "*.counters").Order(StringComparer.Ordinal))
        {
            if (CounterReader.TryOpen(file, out string? problem) is not { } reader)
            {
                error.WriteLine($"sluice: {problem}");
                continue;
            }

            readers.Add(reader);
            if (!IsAlive(reader.ProcessId))
                error.WriteLine($"sluice: {reader.Room} {reader.Instance} (pid {reader.ProcessId}, started {reader.StartedAt:u}) is gone; these are its last counts");
        }

        return readers;
    }

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static Dictionary<long, BindingCounts> Sum(List<CounterReader> readers)
    {
        var sum = new Dictionary<long, BindingCounts>();
        foreach ((long id, BindingCounts counts) in readers.SelectMany(reader => reader.Bindings()))
        {
            if (!sum.TryGetValue(id, out BindingCounts? total))
                sum.Add(id, total = new BindingCounts());
            foreach (StreamCounter counter in Enum.GetValues<StreamCounter>())
                total.Add(counter, counts.Accepted(counter), counts.Opened(counter));
        }

        return sum;
    }

    private static IEnumerable<string[]> EngineRows(CounterReader reader)
    {
        string name = $"{reader.Room}-{reader.Instance}";
        yield return ["-", name, "engine.workers.count", $"{reader.EngineCount}"];
        foreach ((EngineCounter counter, CounterLabelAttribute label) in CounterLabelAttribute.AllOf<EngineCounter>())
        {
            IEnumerable<long> values = Enumerable.Range(0, reader.EngineCount).Select(engine => reader.Engine(engine, counter));
            yield return ["-", name, label.Label, $"{(label.IsLargest ? values.Max() : values.Sum())}"];
        }

        for (int engine = 0; engine < reader.EngineCount; engine++)
        {
            TurnLengths lengths = reader.TurnLengths(engine);
            long maxNs = reader.Engine(engine, EngineCounter.TurnNsMax);
            yield return ["-", $"{name}.{engine}", "engine.turn.p50.ns", $"{lengths.AtMostNs(0.5, maxNs)}"];
            yield return ["-", $"{name}.{engine}", "engine.turn.p99.ns", $"{lengths.AtMostNs(0.99, maxNs)}"];
            yield return ["-", $"{name}.{engine}", "engine.turn.max.ns", $"{maxNs}"];
        }
    }

    private static void Print(List<string[]> rows, TextWriter output)
    {
        rows.Insert(0, ["namespace", "binding", "metric", "value"]);
        int[] widths = [.. Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            output.WriteLine($"{row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2].PadRight(widths[2])}  {row[3]}");
        rows.RemoveAt(0);
    }
}
