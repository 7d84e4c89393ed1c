namespace Sluice.Configuration.Text;

/// <summary>How much a finding weighs.</summary>
public enum DiagnosticSeverity
{
    /// <summary>The configuration loads, but not everything in it will do what it says.</summary>
    Warning,

    /// <summary>The configuration is refused.</summary>
    Error,
}

/// <summary>One finding about a configuration file: where it is and what to do about it, in one line.</summary>
public sealed record Diagnostic(SourcePosition Position, DiagnosticSeverity Severity, string Message)
{
    /// <summary>The file as the caller named it.</summary>
    public string File => Position.File;

    /// <summary>Line in the user's file, from 1.</summary>
    public int Line => Position.Line;

    /// <summary>Column in the user's file, from 1.</summary>
    public int Column => Position.Column;

    /// <summary><c>file:line:col: message</c>, or <c>file:line:col: warning: message</c>.</summary>
    public override string ToString() =>
        Severity == DiagnosticSeverity.Error ? $"{Position}: {Message}" : $"{Position}: warning: {Message}";
}
