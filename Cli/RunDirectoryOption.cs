using System.CommandLine;

namespace Sluice.Cli;

/// <summary><c>--run-dir DIR</c>: which running (or crashed) suite to look at.</summary>
internal sealed class RunDirectoryOption
{
    private const string Variable = "SLUICE_RUN_DIR";

    public Option<string?> Option { get; } = new("--run-dir")
    {
        Description = $"the suite's run directory; otherwise {Variable}, otherwise the newest one under the temporary directory",
        HelpName = "DIR",
    };

    /// <summary>The directory, or null with the reason on <paramref name="error"/>.</summary>
    public string? Find(ParseResult parsed, TextWriter error)
    {
        string? named = parsed.GetValue(Option) ?? Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrWhiteSpace(named))
        {
            if (Directory.Exists(named))
                return named;
            error.WriteLine($"sluice: there is no run directory {named}; start the suite, or name its directory with --run-dir");
            return null;
        }

        string? newest = Newest(Path.GetTempPath());
        if (newest is null)
            error.WriteLine($"sluice: no suite runs here; start one, or name its run directory with --run-dir or {Variable}");
        return newest;
    }

    // The AppHost makes sluice-… under the temporary directory, with the links' files in it or in a folder of it.
    private static string? Newest(string temporary)
    {
        var options = new EnumerationOptions { IgnoreInaccessible = true };
        return Directory.EnumerateDirectories(temporary, "sluice*", options)
            .SelectMany(directory => Directory.EnumerateDirectories(directory, "*", options).Prepend(directory))
            .Where(directory => Directory.EnumerateFiles(directory, "*.counters", options).Any())
            .MaxBy(Directory.GetLastWriteTimeUtc);
    }
}
