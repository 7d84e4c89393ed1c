using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Suite.Tests;

/// <summary>What a user can get wrong ends in one clear line and an exit code, never a stack trace.</summary>
public sealed class StartFailureTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-start-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_broken_configuration_names_every_mistake_and_ends_with_2()
    {
        string file = Path.Combine(_directory, "broken.yaml");
        await File.WriteAllTextAsync(file, """
            name: broken
            bindings:
              edge:
                type: tcp
                kind: servr
                options:
                  prt: 1
                exit: nowhere
              other:
                type: tpc
                kind: server
            """);
        (int code, string output) = await RunAsync("--config", file);
        Assert.Equal(2, code);
        Assert.Contains("broken.yaml:5:", output, StringComparison.Ordinal);
        Assert.Contains("server", output, StringComparison.Ordinal);
        Assert.Contains("broken.yaml:10:", output, StringComparison.Ordinal);
        AssertNoStackTrace(output);
    }

    [Fact]
    public async Task A_missing_configuration_is_said_and_ends_with_2()
    {
        (int code, string output) = await RunAsync("--config", Path.Combine(_directory, "absent.yaml"));
        Assert.Equal(2, code);
        Assert.Contains("absent.yaml", output, StringComparison.Ordinal);
        AssertNoStackTrace(output);
    }

    [Fact]
    public async Task A_busy_gateway_port_is_said_and_ends_not_with_0()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        string file = Path.Combine(_directory, "busy.yaml");
        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "examples/tcp.echo/zilla.yaml"));
        await File.WriteAllTextAsync(file, text.Replace("12345", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        (int code, string output) = await RunAsync("--config", file);
        Assert.NotEqual(0, code);
        Assert.Contains(port.ToString(CultureInfo.InvariantCulture), output, StringComparison.Ordinal);
        Assert.Contains("in use", output, StringComparison.Ordinal);
        AssertNoStackTrace(output);
    }

    [Fact]
    public async Task An_unknown_argument_is_said_and_ends_with_2()
    {
        (int code, string output) = await RunAsync("--confg", "x");
        Assert.Equal(2, code);
        Assert.Contains("--confg", output, StringComparison.Ordinal);
        AssertNoStackTrace(output);
    }

    [Fact]
    public async Task An_unreachable_kafka_is_waited_for_and_the_log_says_so()
    {
        int kafkaPort = RunningSuite.FreePort();
        int port = RunningSuite.FreePort();
        string file = Path.Combine(_directory, "sluice.yaml");
        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "examples/quickstart/sluice.yaml"));
        await File.WriteAllTextAsync(file, text.Replace("7114", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        string kafka = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{kafkaPort}");
        using Process process = Start(["--config", file, "--kafka", kafka], out StringBuilder output);
        try
        {
            await Eventually.TrueAsync(() => Text(output).Contains(kafka, StringComparison.Ordinal) && Text(output).Contains("wait", StringComparison.OrdinalIgnoreCase), "the log says what it waits for");
            Assert.False(process.HasExited);
            AssertNoStackTrace(Text(output));
        }
        finally
        {
            await StopAsync(process);
        }

        Assert.Equal(0, process.ExitCode);
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = Start([.. arguments, "--kafka-data", Path.Combine(_directory, "kafka"), "--kafka-port", RunningSuite.FreePort().ToString(CultureInfo.InvariantCulture)], out StringBuilder output);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMilliseconds(RunningSuite.StartMsMax));
        process.WaitForExit(); // The last lines of output, too.
        return (process.ExitCode, Text(output));
    }

    private static Process Start(string[] arguments, out StringBuilder output)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.AppHost, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        var text = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        output = text;
        return process;

        void Append(string? line)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
        }
    }

    private static async Task StopAsync(Process process)
    {
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static string Text(StringBuilder output)
    {
        lock (output)
        {
            return output.ToString();
        }
    }

    private static void AssertNoStackTrace(string output) => Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
}
