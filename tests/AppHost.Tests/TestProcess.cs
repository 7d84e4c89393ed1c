using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.AppHost.Tests;

/// <summary>A .NET program under test: its lines as they come, its exit code, signals. Killed when disposed of.</summary>
internal sealed class TestProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    /// <summary>How long a condition may take on a busy machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Lock _lock = new();
    private readonly List<(string Part, TaskCompletionSource<string> Found)> _wanted = [];

    private TestProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public static TestProcess Start(string program, IEnumerable<string> args, IEnumerable<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new("dotnet", ["exec", program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        TestProcess test = new(new Process { StartInfo = start });
        test._process.OutputDataReceived += (_, line) => test.OnLine(line.Data);
        test._process.ErrorDataReceived += (_, line) => test.OnLine(line.Data);
        test._process.Start();
        test._process.BeginOutputReadLine();
        test._process.BeginErrorReadLine();
        return test;
    }

    /// <summary>The first line that holds a text, now or later.</summary>
    public async Task<string> LineAsync(string part)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } known)
            {
                return known;
            }

            _wanted.Add((part, found));
        }

        try
        {
            return await found.Task.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No line with '{part}' among:\n{string.Join('\n', Lines)}");
        }
    }

    public void Signal(int signal) => Assert.Equal(0, Send(Id, signal));

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return _process.ExitCode;
    }

    /// <summary>Waits until a process is no more.</summary>
    public static async Task GoneAsync(int pid)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        using CancellationTokenSource deadline = new(Deadline);
        while (Exists(pid))
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static bool Exists(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
            _wanted.Where(wanted => line.Contains(wanted.Part, StringComparison.Ordinal)).ToList().ForEach(wanted => wanted.Found.TrySetResult(line));
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int pid, int signal);
}
