using Sluice.EmbeddedKafka.Hosting;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var (launch, exitCode) = CommandLine.Read(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error);
        return launch is null
            ? exitCode
            : await ServiceHost.RunAsync("embedded-kafka", [], builder => BrokerService.Register(builder.Services, launch));
    }
}
