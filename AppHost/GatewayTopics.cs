using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.AppHost;

/// <summary>The topics that a gateway configuration names, with the cleanup policy their mapping needs, for the embedded broker.</summary>
/// <remarks>
/// A topic that is read by key is a snapshot topic: compacted, so that the newest record of each key is kept (config-kafka §4.8). Not when
/// some route writes it without a key, which a compacted topic refuses. Topics of expressions are known only with a request; they are
/// created when first asked for.
/// </remarks>
internal static class GatewayTopics
{
    private const string Compacted = ":1:cleanup.policy=compact";

    /// <summary>One word a topic, as the broker's --topic takes it, separated by blanks; empty when none is named.</summary>
    public static string Of(GatewayConfiguration gateway)
    {
        RouteConfiguration[] routes = [.. gateway.Bindings.Where(binding => binding.Is("http-kafka", "proxy")).SelectMany(binding => binding.Routes)];
        IEnumerable<string> cached = gateway.Bindings.Where(binding => binding.Is("kafka", "cache_server")).SelectMany(binding => binding.Options.GetStrings("bootstrap"));
        return string.Join(' ', routes.Select(TopicOf).Concat(cached).Where(IsName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(topic => routes.Any(route => TopicOf(route) == topic && IsReadByKey(route)) && !routes.Any(route => TopicOf(route) == topic && IsWrittenWithoutKey(route))
                ? topic + Compacted
                : topic));
    }

    private static string TopicOf(RouteConfiguration route) => route.With.GetString("topic", "");

    private static bool IsName(string topic) => topic.Length > 0 && !topic.Contains("${", StringComparison.Ordinal);

    private static bool IsReadByKey(RouteConfiguration route) =>
        route.With.GetString("capability", "") == "fetch" && route.With.GetList("filters").Any(filter => filter.Has("key"));

    private static bool IsWrittenWithoutKey(RouteConfiguration route) =>
        route.With.GetString("capability", "") == "produce" && !route.With.Has("key");
}
