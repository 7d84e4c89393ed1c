using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Running;

/// <summary>One process: its lines, its end, and the way to end it.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const int SigTerm = 15;

    // A grandchild may hold the output open after the process has ended; its lines are not worth waiting for.
    private const int DrainTimeoutMs = 500;

    private readonly Process _process;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process) => _process = process;

    public int Id { get; private init; }

    public DateTime StartTimeUtc { get; } = DateTime.UtcNow;

    /// <summary>The exit code, once the process has ended and its output is read. 128 + n when signal n ended it.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts the process; its lines arrive at <paramref name="onLine"/> on pool threads, those of standard error with true.</summary>
    /// <exception cref="DistributedApplicationException">The program cannot be started.</exception>
    public static ServiceProcess Start(ProcessStartInfo start, Action<string, bool> onLine)
    {
        Process process = new() { StartInfo = start, EnableRaisingEvents = true };
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => ended.TrySetResult();
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            process.Dispose();
            throw new DistributedApplicationException($"cannot run '{start.FileName}' in '{start.WorkingDirectory}': {exception.Message}", exception);
        }

        ServiceProcess service = new(process) { Id = process.Id };
        process.StandardInput.Close();
        Task lines = Task.WhenAll(
            PumpAsync(process.StandardOutput, line => onLine(line, false)), PumpAsync(process.StandardError, line => onLine(line, true)));
        _ = service.WatchAsync(ended.Task, lines);
        return service;
    }

    /// <summary>Asks the process to stop, and kills it with its children when it has not within the time. Returns when it is gone.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (!OperatingSystem.IsWindows() && !Exited.IsCompleted && SendSignal(Id, SigTerm) == 0)
        {
            await Task.WhenAny(Exited, Task.Delay(patience)).ConfigureAwait(false);
        }

        Kill();
        await Exited.ConfigureAwait(false);
    }

    /// <summary>Kills the process with its children, at once.</summary>
    public void Kill()
    {
        try
        {
            if (!Exited.IsCompleted)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended in between, or a child of it did.
        }
    }

    public void Dispose() => _process.Dispose();

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                onLine(line);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The process was given up before its output ended.
        }
    }

    private async Task WatchAsync(Task ended, Task lines)
    {
        await ended.ConfigureAwait(false);
        await Task.WhenAny(lines, Task.Delay(DrainTimeoutMs)).ConfigureAwait(false);
        _exited.TrySetResult(_process.ExitCode);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}
