using System.Globalization;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.AppHost;

/// <summary>
/// Reads the gateway's configuration before the services do: what is wrong with it is said once, and what it listens on is shown.
/// </summary>
internal static class GatewayListeners
{
    /// <summary>The configuration, or null when it is refused; every mistake of the file goes to <paramref name="mistakes"/>.</summary>
    public static GatewayConfiguration? Load(string file, List<string> mistakes)
    {
        // The services get the true address of the broker; here any will do.
        LoadResult result = ConfigurationLoader.Load(file, name => name == "KAFKA_BOOTSTRAP_SERVER"
            ? "localhost:9092"
            : Environment.GetEnvironmentVariable(name));
        mistakes.AddRange(result.Errors.Select(error => error.ToString()));
        return result.Configuration;
    }

    /// <summary>The addresses of the tcp servers, as URLs.</summary>
    public static IReadOnlyList<string> Of(GatewayConfiguration gateway) =>
        [.. gateway.Bindings.Where(binding => binding.Is("tcp", "server")).SelectMany(binding => Urls(gateway, binding))];

    private static IEnumerable<string> Urls(GatewayConfiguration gateway, BindingConfiguration tcp)
    {
        string scheme = tcp.EffectiveRoutes.Any(route => route.Exit is { } exit && gateway.Find(exit.QualifiedName) is { Type: "http" }) ? "http" : "tcp";
        string host = tcp.Options.GetString("host", "localhost") is "0.0.0.0" or "127.0.0.1" or "::" ? "localhost" : tcp.Options.GetString("host", "localhost");
        return tcp.Options.GetPorts("port").Select(port => string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}"));
    }
}
