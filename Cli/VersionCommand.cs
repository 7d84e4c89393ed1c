using System.CommandLine;
using System.Reflection;

namespace Sluice.Cli;

/// <summary><c>sluice version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(parsed =>
        {
            string version = typeof(VersionCommand).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            parsed.InvocationConfiguration.Output.WriteLine($"sluice {version}");
        });
        return command;
    }
}
