using System.Diagnostics;
using System.Globalization;

namespace Sluice.EmbeddedKafka.Tests.Hosting;

/// <summary>The program itself, as a process of its own.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly System.Text.StringBuilder _output = new();

    private BrokerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Port { get; private set; }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static BrokerProcess Launch(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Sluice.EmbeddedKafka.dll") },
        };
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        start.Environment["SLUICE_PARENT_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        return new BrokerProcess(Process.Start(start)!);
    }

    public static async Task<BrokerProcess> StartAsync(string directory, int port = 0, params string[] more)
    {
        string portFile = Path.Combine(directory, "port");
        File.Delete(portFile);
        var broker = Launch(
            ["--data", Path.Combine(directory, "data"), "--port", port.ToString(CultureInfo.InvariantCulture), "--port-file", portFile, .. more]);
        try
        {
            await Eventually.TrueAsync(() => (File.Exists(portFile) && broker.Output.Contains("embedded-kafka started")) || broker._process.HasExited, "the broker listens");
            Assert.False(broker._process.HasExited, broker.Output);
            broker.Port = int.Parse(File.ReadAllText(portFile), CultureInfo.InvariantCulture);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL: no handler runs, no file is closed by the program.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await ExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TestBroker.Patience);
        _process.WaitForExit(); // Until the output is read too.
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
