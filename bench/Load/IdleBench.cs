using System.Net;

namespace Sluice.Bench.Load;

/// <summary>What the whole suite costs while nobody asks for anything.</summary>
internal static class IdleBench
{
    private const int SettleSeconds = 5; // Start-up work and tiered compilation are over by then.

    public static async Task RunAsync(LoadOptions options)
    {
        await using SuiteProcess suite = await SuiteProcess.StartAsync("examples/quickstart/sluice.yaml", new IPEndPoint(IPAddress.Loopback, 7114)).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(SettleSeconds)).ConfigureAwait(false);
        Dictionary<string, double> before = suite.CpuSeconds();
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds)).ConfigureAwait(false);
        Dictionary<string, double> after = suite.CpuSeconds();
        foreach ((string service, double seconds) in after.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"cpu_percent_{service}", 100 * (seconds - before.GetValueOrDefault(service)) / options.Seconds);
        }

        Figures.Print("cpu_percent", after.Sum(pair => pair.Value - before.GetValueOrDefault(pair.Key)) * 100 / options.Seconds);
        foreach ((string service, double megabytes) in suite.ResidentMb().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Figures.Print($"rss_mb_{service}", megabytes);
        }

        Figures.Print("rss_mb", suite.ResidentMb().Values.Sum());
    }
}
