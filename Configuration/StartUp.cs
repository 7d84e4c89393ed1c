using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration;

/// <summary>How every program of the suite begins: load the configuration, or say what is wrong with it.</summary>
public static class StartUp
{
    /// <summary>The exit code of a program whose configuration is refused.</summary>
    public const int ConfigurationExitCode = 2;

    /// <summary>
    /// Loads a file and writes every finding, one line each. Null means refused: end with <see cref="ConfigurationExitCode"/>.
    /// </summary>
    /// <param name="path">The file; null or empty (the variable that names it is not set) is itself a finding.</param>
    /// <param name="stderr">Where findings go.</param>
    /// <param name="environment">Where <c>${{env.X}}</c> finds its value; null takes the process's environment.</param>
    public static GatewayConfiguration? LoadOrExplain(
        string? path, TextWriter stderr, Func<string, string?>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(stderr);
        if (string.IsNullOrWhiteSpace(path))
        {
            stderr.WriteLine("no configuration file: set SLUICE_CONFIG to the path of a sluice.yaml or zilla.yaml");
            return null;
        }

        LoadResult result = ConfigurationLoader.Load(path, environment);
        foreach (Diagnostic diagnostic in result.Warnings)
            stderr.WriteLine(diagnostic);
        foreach (Diagnostic diagnostic in result.Errors)
            stderr.WriteLine(diagnostic);
        return result.Configuration;
    }
}
