namespace Sluice.ServiceDefaults;

/// <summary>
/// The reason a service cannot start or go on, worded for its user: printed line by line as it stands, without a stack trace.
/// </summary>
public sealed class ServiceStartException : Exception
{
    /// <summary>A failure with one line that says what is wrong, where, and what to do next.</summary>
    public ServiceStartException(string message, int exitCode = ServiceExitCodes.Failed) : this([message], exitCode)
    {
    }

    private ServiceStartException(IReadOnlyList<string> lines, int exitCode) : base(string.Join('\n', lines))
    {
        Lines = lines;
        ExitCode = exitCode;
    }

    /// <summary>The lines to print.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The exit code of the process, see <see cref="ServiceExitCodes"/>.</summary>
    public int ExitCode { get; }

    /// <summary>A configuration error (exit code 2): all mistakes at once, each a line such as <c>sluice.yaml:3:7: unknown key …</c>.</summary>
    public static ServiceStartException Configuration(params IEnumerable<string> lines) =>
        new([.. lines], ServiceExitCodes.ConfigurationError);
}
