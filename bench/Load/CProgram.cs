using System.ComponentModel;
using System.Diagnostics;

namespace Sluice.Bench.Load;

/// <summary>A program of bench/c: what the machine gives to a plain loop in C is what ours is measured against.</summary>
internal static class CProgram
{
    /// <summary>Compiles it into the temporary directory; the caller deletes it.</summary>
    /// <exception cref="IOException">There is no gcc, or it refuses.</exception>
    public static async Task<string> CompileAsync(string name)
    {
        string source = Path.Combine(Repository.Root, "bench", "c", $"{name}.c");
        string program = Path.Combine(Path.GetTempPath(), $"{name}_{Environment.ProcessId}");
        try
        {
            using Process compiler = Process.Start("gcc", ["-O2", "-o", program, source]);
            await compiler.WaitForExitAsync().ConfigureAwait(false);
            return compiler.ExitCode == 0 ? program : throw new IOException($"gcc could not compile {source}");
        }
        catch (Win32Exception exception)
        {
            throw new IOException("gcc is needed for the comparison", exception);
        }
    }

    /// <summary>Runs it to its end and returns what it prints.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0 ? output : throw new IOException($"{program} ended with exit code {process.ExitCode}");
    }
}
