using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Load;

/// <summary>The whole suite as its user starts it, with data of its own in a temporary directory, and what its processes cost.</summary>
internal sealed class SuiteProcess : IAsyncDisposable
{
    private const int StartMsMax = 60_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-bench-").FullName;
    private readonly Process _appHost;

    private SuiteProcess(string configuration, string[] arguments)
    {
        string root = Repository.Root;
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(root, "AppHost", "bin", "local", "Release", "net10.0", "Sluice.AppHost.dll"));
        start.ArgumentList.Add("--config");
        start.ArgumentList.Add(Path.Combine(root, configuration));
        start.ArgumentList.Add("--kafka-data");
        start.ArgumentList.Add(Path.Combine(_directory, "kafka"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        _appHost = Process.Start(start) ?? throw new IOException("the suite did not start");
        _appHost.OutputDataReceived += (_, line) => Keep(line.Data);
        _appHost.ErrorDataReceived += (_, line) => Keep(line.Data);
        _appHost.BeginOutputReadLine();
        _appHost.BeginErrorReadLine();
    }

    private readonly Queue<string> _lines = [];

    /// <summary>Starts the suite and waits until a port answers.</summary>
    public static async Task<SuiteProcess> StartAsync(string configuration, IPEndPoint address, params string[] arguments)
    {
        if (await CanConnectAsync(address).ConfigureAwait(false))
        {
            throw new IOException($"{address} is in use: stop what runs there first");
        }

        var suite = new SuiteProcess(configuration, arguments);
        long deadline = Environment.TickCount64 + StartMsMax;
        while (!await CanConnectAsync(address).ConfigureAwait(false))
        {
            if (suite._appHost.HasExited || Environment.TickCount64 > deadline)
            {
                string[] lines;
                lock (suite._lines)
                {
                    lines = [.. suite._lines];
                }

                await suite.DisposeAsync().ConfigureAwait(false);
                throw new IOException($"the suite did not listen on {address} within {StartMsMax / 1000} s:\n{string.Join('\n', lines)}");
            }

            await Task.Delay(50).ConfigureAwait(false);
        }

        return suite;
    }

    /// <summary>CPU seconds of each process of the suite so far, by service.</summary>
    public Dictionary<string, double> CpuSeconds() => Descendants().GroupBy(process => process.Service).ToDictionary(group => group.Key, group => group.Sum(process => process.CpuSeconds));

    /// <summary>Resident memory of each process, in MB.</summary>
    public Dictionary<string, double> ResidentMb() => Descendants().GroupBy(process => process.Service).ToDictionary(group => group.Key, group => group.Sum(process => process.ResidentMb));

    /// <summary>Resident memory of each service, and its share: pages that n processes map count for one nth each. In MB.</summary>
    public Dictionary<string, (double Resident, double Share)> MemoryMb() => Descendants().GroupBy(process => process.Service)
        .ToDictionary(group => group.Key, group => (group.Sum(process => process.ResidentMb), group.Sum(process => ShareMb(process.Id))));

    public async ValueTask DisposeAsync()
    {
        if (!_appHost.HasExited)
        {
            using Process kill = Process.Start("kill", ["-TERM", _appHost.Id.ToString(CultureInfo.InvariantCulture)])!;
            try
            {
                await _appHost.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _appHost.Kill(entireProcessTree: true);
            }
        }

        _appHost.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Enqueue(line);
                if (_lines.Count > 40)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    private static async Task<bool> CanConnectAsync(IPEndPoint address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // smaps_rollup: "Pss:   12345 kB", of 1024 bytes.
    private static double ShareMb(int id)
    {
        try
        {
            string line = File.ReadLines($"/proc/{id}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
        catch (IOException)
        {
            return 0; // It has just ended.
        }
    }

    // /proc/PID/stat: pid (comm) state ppid … utime(14) stime(15) … ; ticks are 1/100 s on Linux. statm: total resident … in pages.
    private IEnumerable<(int Id, string Service, double CpuSeconds, double ResidentMb)> Descendants()
    {
        var all = new Dictionary<int, (int Parent, double Cpu, double Resident, string Command)>();
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out int id))
            {
                continue;
            }

            try
            {
                string stat = File.ReadAllText($"{directory}/stat");
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                double cpu = (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
                double resident = double.Parse(File.ReadAllText($"{directory}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize / 1e6;
                all[id] = (int.Parse(fields[1], CultureInfo.InvariantCulture), cpu, resident, File.ReadAllText($"{directory}/cmdline"));
            }
            catch (IOException)
            {
                // The process has just ended.
            }
        }

        foreach ((int id, (int Parent, double Cpu, double Resident, string Command) process) in all)
        {
            int ancestor = id;
            while (ancestor != _appHost.Id && all.TryGetValue(ancestor, out (int Parent, double Cpu, double Resident, string Command) next))
            {
                ancestor = next.Parent;
            }

            string? assembly = process.Command.Split('\0').FirstOrDefault(part => part.EndsWith(".dll", StringComparison.Ordinal));
            if (ancestor == _appHost.Id && assembly is not null)
            {
                yield return (id, Path.GetFileNameWithoutExtension(assembly).Replace("Sluice.", "", StringComparison.Ordinal).ToLowerInvariant(), process.Cpu, process.Resident);
            }
        }
    }
}
