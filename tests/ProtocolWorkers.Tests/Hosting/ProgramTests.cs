using System.Diagnostics;
using Sluice.ProtocolWorkers.Hosting;

namespace Sluice.ProtocolWorkers.Tests.Hosting;

/// <summary>How the process ends when it cannot start: lines for its user, never a stack trace.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-program-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_broken_configuration_names_every_mistake_and_exits_with_2()
    {
        string file = Path.Combine(_directory, "sluice.yaml");
        await File.WriteAllTextAsync(file, "name: a\nbindings:\n  p: { type: http-kafka, kind: proxi }\n  q: { type: htp, kind: server }\n");
        (int code, string error) = await Run(("SLUICE_CONFIG", file), ("SLUICE_RUN_DIR", _directory));
        Assert.Equal(2, code);
        Assert.Contains($"{file}:3:", error, StringComparison.Ordinal);
        Assert.Contains($"{file}:4:", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_with_reply_to_is_refused_when_it_is_loaded()
    {
        string file = Path.Combine(_directory, "sluice.yaml");
        await File.WriteAllTextAsync(file, """
            name: a
            bindings:
              p:
                type: http-kafka
                kind: proxy
                routes:
                  - exit: c
                    with: { capability: produce, topic: orders, reply-to: replies }
              c: { type: kafka, kind: cache_client, exit: s }
              s: { type: kafka, kind: cache_server, exit: k }
              k: { type: kafka, kind: client, options: { servers: [ "localhost:9092" ] }, exit: t }
              t: { type: tcp, kind: client }
            """);
        (int code, string error) = await Run(("SLUICE_CONFIG", file), ("SLUICE_RUN_DIR", _directory));
        Assert.Equal(2, code);
        Assert.Contains("reply-to", error, StringComparison.Ordinal);
        Assert.Contains($"{file}:8:", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_run_directory_one_line_says_so_and_the_exit_code_is_1()
    {
        string file = Path.Combine(_directory, "sluice.yaml");
        await File.WriteAllTextAsync(file, "name: a\n");
        (int code, string error) = await Run(("SLUICE_CONFIG", file), ("SLUICE_RUN_DIR", ""));
        Assert.Equal(1, code);
        Assert.Equal("protocol-workers: SLUICE_RUN_DIR is not set; it names the directory where the suite's services meet, and AppHost sets it", error.Trim());
    }

    private static async Task<(int Code, string Error)> Run(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(WorkersService).Assembly.Location])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            string error = await process.StandardError.ReadToEndAsync(deadline.Token);
            await output;
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
