using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Dialects;

/// <summary>
/// kafka, 1.x: routes of a client may have conditions, and routes of every kind may carry topic defaults in <c>with</c>. The first
/// are kept, the second have moved to <c>options.topics</c> and are dropped (config-kafka §0).
/// </summary>
internal static class KafkaRoutes
{
    public static ConfigNode Normalise(ConfigEntry binding, ConfigNode node, Findings findings)
    {
        if (node.Get("routes") is not { Kind: ConfigNodeKind.List } routes)
            return node;

        ConfigNode? conditional = null;
        ConfigEntry? defaults = null;
        var items = new ConfigNode[routes.Items.Count];
        for (int i = 0; i < items.Length; i++)
        {
            ConfigNode route = routes.Items[i];
            if (node.GetString("kind", null) == "client" && route.Entry("when") is { } when)
                conditional ??= ConfigNodeEdits.Text(when.KeyPosition, "when");
            if (route.Entry("with") is { } with)
            {
                defaults ??= with;
                route = route.Without("with");
            }

            items[i] = route;
        }

        if (conditional is not null)
        {
            findings.Warning(conditional.Position, $"binding '{binding.Key}': 'when' on the routes of a kafka client is the 1.x form; "
                + "use the routes of the cache kinds");
        }

        if (defaults is null)
            return node;
        findings.Warning(defaults.KeyPosition, $"binding '{binding.Key}': 'with' on kafka routes is a 1.x form that no longer acts; "
            + "set defaultOffset and deltaType in options.topics of the cache_server");
        return node.With("routes", ConfigNode.List(routes.Position, items));
    }
}
