using System.CommandLine;
using Sluice.Configuration;
using Sluice.Configuration.Graph;

namespace Sluice.Cli;

/// <summary><c>sluice explain FILE</c>: the graph, and which service runs what.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "sluice.yaml or zilla.yaml" };
        var environment = new EnvironmentOption();
        var command = new Command("explain", "Show the ways through a configuration and the room of each binding.")
        {
            file,
            environment.Option,
        };
        command.SetAction(parsed =>
        {
            InvocationConfiguration streams = parsed.InvocationConfiguration;
            GatewayConfiguration? configuration = StartUp.LoadOrExplain(
                parsed.GetRequiredValue(file), streams.Error, environment.Lookup(parsed));
            if (configuration is null)
                return StartUp.ConfigurationExitCode;
            new GraphPrinter(streams.Output).Print(configuration);
            return 0;
        });
        return command;
    }
}
