using System.CommandLine;

namespace Sluice.Cli;

/// <summary>The command tree of <c>sluice</c>.</summary>
public static class SluiceCommand
{
    /// <summary>Builds the tree. Output goes where the invocation sends it, so tests can read it.</summary>
    public static RootCommand Create() => new("Tools around a Sluice gateway and its configuration.")
    {
        LintCommand.Create(),
        ExplainCommand.Create(),
        MetricsCommand.Create(),
        DumpCommand.Create(),
        VersionCommand.Create(),
    };
}
