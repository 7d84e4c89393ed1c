using System.Net;

namespace Sluice.Bench.Load;

/// <summary>What the whole suite costs while nobody asks for anything.</summary>
internal static class IdleBench
{
    private const int YoungSeconds = 5;    // What a suite costs that has just come up.
    private const int SettleSeconds = 90;  // By then the runtime has compiled what recurs once a second for good (after 30 calls, and after 30 more).

    public static async Task RunAsync(LoadOptions options)
    {
        await using SuiteProcess suite = await SuiteProcess.StartAsync("examples/quickstart/sluice.yaml", new IPEndPoint(IPAddress.Loopback, 7114)).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(YoungSeconds)).ConfigureAwait(false);
        (Dictionary<string, double> before, Dictionary<string, double> after) = await SpanAsync(suite, options.Seconds).ConfigureAwait(false);
        Figures.Print("cpu_percent_young", after.Sum(pair => pair.Value - before.GetValueOrDefault(pair.Key)) * 100 / options.Seconds);
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, SettleSeconds - YoungSeconds - options.Seconds))).ConfigureAwait(false);
        (before, after) = await SpanAsync(suite, options.Seconds).ConfigureAwait(false);
        foreach ((string service, double seconds) in after.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"cpu_percent_{service}", 100 * (seconds - before.GetValueOrDefault(service)) / options.Seconds);
        }

        Figures.Print("cpu_percent", after.Sum(pair => pair.Value - before.GetValueOrDefault(pair.Key)) * 100 / options.Seconds);
        foreach ((string service, (double Resident, double Share) megabytes) in suite.MemoryMb().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"rss_mb_{service}", megabytes.Resident);
            Figures.Print($"pss_mb_{service}", megabytes.Share);
        }

        // Pages of the runtime that all services map are in every process's resident memory, and in the shares once.
        Figures.Print("rss_mb", suite.MemoryMb().Values.Sum(megabytes => megabytes.Resident));
        Figures.Print("pss_mb", suite.MemoryMb().Values.Sum(megabytes => megabytes.Share));
    }

    private static async Task<(Dictionary<string, double> Before, Dictionary<string, double> After)> SpanAsync(SuiteProcess suite, int seconds)
    {
        Dictionary<string, double> before = suite.CpuSeconds();
        await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        return (before, suite.CpuSeconds());
    }
}
