using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Edge.Hosting;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Hosting;

/// <summary>The service as its host starts it: a process with an echo on one port. Disposing kills it.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private EdgeProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

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

    /// <summary>Starts an instance; descriptors are limited when a number is given.</summary>
    public static EdgeProcess Start(
        string runDirectory, int port, int instance = 0, int descriptorsMax = 0, string? yaml = null, params (string Name, string Value)[] environment)
    {
        Directory.CreateDirectory(runDirectory);
        string file = Path.Combine(runDirectory, "sluice.yaml");
        File.WriteAllText(file, yaml ?? $$"""
            name: test
            bindings:
              net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: {{port}} }, exit: echo }
              echo: { type: echo, kind: server }
            """);
        string assembly = typeof(EdgeService).Assembly.Location;
        ProcessStartInfo start = descriptorsMax == 0
            ? new ProcessStartInfo("dotnet", [assembly])
            : new ProcessStartInfo("sh", ["-c", $"ulimit -n {descriptorsMax}; exec dotnet \"$0\"", assembly]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["SLUICE_CONFIG"] = file;
        start.Environment["SLUICE_RUN_DIR"] = runDirectory;
        start.Environment["SLUICE_INSTANCE"] = instance.ToString(CultureInfo.InvariantCulture);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new EdgeProcess(Process.Start(start)!);
    }

    /// <summary>Waits until it says that it listens.</summary>
    public Task ListensAsync() => Eventually.TrueAsync(
        () => HasExited ? throw new InvalidOperationException(Output) : Output.Contains("listens on", StringComparison.Ordinal), "the service listens");

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    /// <summary>From now on it may have so many descriptors more than it has.</summary>
    public void LimitDescriptors(int more)
    {
        int open = Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/fd")).Length;
        using var limiting = Process.Start("prlimit", [$"--pid={Id}", $"--nofile={open + more}"]);
        limiting.WaitForExit();
        Assert.Equal(0, limiting.ExitCode);
    }

    public void Kill() => _process.Kill();

    public void Terminate() => Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]).Dispose();

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
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
