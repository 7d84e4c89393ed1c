using System.CommandLine;
using Sluice.Configuration;
using Sluice.Configuration.Text;

namespace Sluice.Cli;

/// <summary><c>sluice lint FILE...</c>: everything that is wrong with a configuration, one line each.</summary>
internal static class LintCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("file")
        {
            Description = "sluice.yaml or zilla.yaml",
            Arity = ArgumentArity.OneOrMore,
        };
        var environment = new EnvironmentOption();
        var command = new Command("lint", "Check configuration files; exit code 2 when any is refused.") { files, environment.Option };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(files), environment.Lookup(parsed), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(string[] files, Func<string, string?> environment, TextWriter output)
    {
        int errors = 0;
        int warnings = 0;
        foreach (string file in files)
        {
            LoadResult result = ConfigurationLoader.Load(file, environment);
            errors += result.Errors.Count;
            warnings += result.Warnings.Count;
            foreach (Diagnostic diagnostic in InOrder(result))
                output.WriteLine(diagnostic);
        }

        output.WriteLine($"{Count(errors, "error")}, {Count(warnings, "warning")}");
        return errors == 0 ? 0 : StartUp.ConfigurationExitCode;
    }

    private static IEnumerable<Diagnostic> InOrder(LoadResult result) =>
        result.Errors.Concat(result.Warnings).OrderBy(diagnostic => diagnostic.Position);

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
