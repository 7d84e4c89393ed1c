using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

// One operation a benchmark, in this process, in a short job. Prints NAME_ns and NAME_alloc_bytes; the bytes are compared with
// bench/baselines.json and a rise ends with exit code 1. Arguments: parts of the names to run; none runs all. --long takes ten times as long.
string[] wanted = [.. args.Where(argument => !argument.StartsWith('-') && argument != "micro")];
Job job = (args.Contains("--long") ? Job.MediumRun : Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100))).WithToolchain(InProcessEmitToolchain.Instance);
IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(NullLogger.Instance)
    .AddColumnProvider(DefaultConfig.Instance.GetColumnProviders().ToArray())
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "sluice-micro"))
    .WithOptions(ConfigOptions.DisableOptimizationsValidator);
Dictionary<string, long> baselines = JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText("bench/baselines.json")) ?? []; // bench/run starts us at the root
int rises = 0;
foreach (Type type in typeof(Program).Assembly.GetTypes().Where(type => type.IsPublic && type.Name.EndsWith("Micro", StringComparison.Ordinal)).OrderBy(type => type.Name, StringComparer.Ordinal))
{
    if (wanted.Length > 0 && !Array.Exists(wanted, part => type.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
    {
        continue;
    }

    foreach (BenchmarkReport report in BenchmarkRunner.Run(type, config).Reports)
    {
        string parameters = string.Concat(report.BenchmarkCase.Parameters.Items.Select(item => $"_{item.Value}"));
        string name = $"{type.Name[..^"Micro".Length]}_{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}{parameters}".ToLowerInvariant();
        if (report.ResultStatistics is not { } statistics)
        {
            Console.Error.WriteLine($"{name} did not run");
            rises++;
            continue;
        }

        long bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}_ns={statistics.Mean:0.##}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}_alloc_bytes={bytes}"));
        if (!baselines.TryGetValue(name, out long expected) || bytes > expected)
        {
            Console.Error.WriteLine($"{name} allocates {bytes} bytes an operation, {(baselines.ContainsKey(name) ? $"{expected} expected" : "no baseline")} (bench/baselines.json)");
            rises++;
        }
    }
}

Directory.Delete(Path.Combine(Path.GetTempPath(), "sluice-micro"), recursive: true);
return rises == 0 ? 0 : 1;
