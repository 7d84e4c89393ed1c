using System.Diagnostics;
using System.Globalization;
using Sluice.Frames.Crash;

namespace Sluice.Frames.Tests;

/// <summary>A process of tests/Frames.Crash, made to be killed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int DeadlineMs = 30_000;

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly Task<string?> _ready;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _ready = process.StandardOutput.ReadLineAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(CrashRing).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The only line that a child says which ends by itself.</summary>
    public static string? Answer(params string[] arguments)
    {
        using ChildProcess child = Start(arguments);
        child.AwaitExit();
        return child._ready.Result;
    }

    /// <summary>Waits until the process is up, without letting it begin.</summary>
    public void AwaitReady()
    {
        Assert.True(_ready.Wait(DeadlineMs), "the child was not ready in time");
        if (_ready.Result != "ready")
        {
            Assert.Fail($"the child failed to start: {Errors()}");
        }
    }

    public void Go(long number)
    {
        AwaitReady();
        _process.StandardInput.WriteLine(number.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
    }

    /// <summary>SIGKILL, and waits until the kernel has taken it away.</summary>
    public void Kill()
    {
        if (_process.HasExited)
        {
            Assert.Fail($"the child ended by itself with {_process.ExitCode}: {Errors()}");
        }

        _process.Kill();
        Assert.True(_process.WaitForExit(DeadlineMs), "the child survived SIGKILL");
    }

    /// <summary>Closes its input and waits for a clean end.</summary>
    public void Stop()
    {
        AwaitReady();
        _process.StandardInput.Close();
        AwaitExit();
    }

    public void AwaitExit()
    {
        Assert.True(_process.WaitForExit(DeadlineMs), "the child did not end in time");
        Assert.True(_process.ExitCode == 0, $"the child ended with {_process.ExitCode}: {Errors()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(DeadlineMs);
        }

        _process.Dispose();
    }

    private string Errors() => _errors.Wait(DeadlineMs) ? _errors.Result : "(no words)";
}
