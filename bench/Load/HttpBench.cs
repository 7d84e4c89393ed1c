using System.Diagnostics;
using System.Globalization;

namespace Sluice.Bench.Load;

/// <summary>
/// HTTP echo on one core: Kestrel on the engine's transport and on its stock one, Edge with its bindings, and nginx with the same answer; in
/// turns, the load on another core. Then what an idle connection holds.
/// </summary>
internal static class HttpBench
{
    private const int Rounds = 5;
    private const double WarmUpCpuSeconds = 6; // The runtime compiles what is hot in the background, on the same core.
    private const int WarmUpSecondsMax = 60;

    public static async Task RunAsync(LoadOptions options)
    {
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount < 2)
        {
            throw new IOException("http needs Linux and two cores: one for the server, one for the load");
        }

        int seconds = Math.Max(1, options.Seconds / Rounds);
        await using (HttpLoadProcess load = HttpLoadProcess.Start())
        {
            List<HttpServerProcess> servers = [];
            try
            {
                servers.Add(await HttpServerProcess.StartAsync("kestrel-stock").ConfigureAwait(false));
                servers.Add(await HttpServerProcess.StartAsync("kestrel-engine").ConfigureAwait(false));
                servers.Add(await HttpServerProcess.StartAsync("edge-engine").ConfigureAwait(false));
                if (await HttpServerProcess.TryStartNginxAsync().ConfigureAwait(false) is { } nginx)
                {
                    servers.Add(nginx);
                }

                await MeasureAsync(servers, load, options.Connections, seconds).ConfigureAwait(false);
                Print(servers);
            }
            finally
            {
                foreach (HttpServerProcess server in servers)
                {
                    await server.DisposeAsync().ConfigureAwait(false);
                }
            }
        }

        await HttpIdle.RunAsync().ConfigureAwait(false);
    }

    private static async Task MeasureAsync(List<HttpServerProcess> servers, HttpLoadProcess load, int connections, int seconds)
    {
        foreach (HttpServerProcess server in servers)
        {
            await WarmUpAsync(server, load, connections).ConfigureAwait(false);
        }

        for (int round = 0; round < Rounds; round++)
        {
            foreach (HttpServerProcess server in servers)
            {
                double before = server.CpuSeconds;
                long count = await load.RunAsync(server.Port, connections, seconds).ConfigureAwait(false);
                server.PerSecond.Add((double)count / seconds);
                server.PerCpuSecond.Add(count / Math.Max(0.01, server.CpuSeconds - before));
            }
        }
    }

    // Warm is who has worked for so long, not who has waited: the machine may be shared.
    private static async Task WarmUpAsync(HttpServerProcess server, HttpLoadProcess load, int connections)
    {
        long start = Stopwatch.GetTimestamp();
        while (server.CpuSeconds < WarmUpCpuSeconds && Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSecondsMax)
        {
            await load.RunAsync(server.Port, connections, 1).ConfigureAwait(false);
        }
    }

    private static void Print(List<HttpServerProcess> servers)
    {
        foreach (HttpServerProcess server in servers)
        {
            Figures.Print($"http_{server.Kind.Replace('-', '_')}_per_s", Median(server.PerSecond));
            Figures.Print($"http_{server.Kind.Replace('-', '_')}_per_cpu_s", Median(server.PerCpuSecond));
        }

        PrintRatio("kestrel_ratio_to_stock", servers[1], servers[0]);
        if (servers.Count > 3)
        {
            PrintRatio("kestrel_ratio_to_nginx", servers[1], servers[3]);
            PrintRatio("http_ratio_to_nginx", servers[2], servers[3]);
        }
    }

    // Per second that the server's process ran, which is per core whatever else the machine does; and per second of the wall, which says the
    // same on a quiet machine while the server is what limits.
    private static void PrintRatio(string key, HttpServerProcess ours, HttpServerProcess theirs)
    {
        Figures.Print(key, Median([.. ours.PerCpuSecond.Zip(theirs.PerCpuSecond, (a, b) => a / b)]));
        Figures.Print($"{key}_wall", Median([.. ours.PerSecond.Zip(theirs.PerSecond, (a, b) => a / b)]));
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>The load, on the first core.</summary>
internal sealed class HttpLoadProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HttpLoadProcess(Process process) => _process = process;

    public static HttpLoadProcess Start() => new(Process.Start(new ProcessStartInfo("taskset", ["-c", "0", "dotnet", typeof(HttpBench).Assembly.Location, "http-client"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!);

    /// <summary>Asks one server for some seconds.</summary>
    /// <returns>Answers.</returns>
    /// <exception cref="IOException">An answer was not the one expected.</exception>
    public async Task<long> RunAsync(int port, int connections, int seconds)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{port} {connections} {seconds}")).ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(seconds + 30)).ConfigureAwait(false);
        return long.TryParse(line, CultureInfo.InvariantCulture, out long count) ? count : throw new IOException($"the load on port {port} failed: {line}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }
}
