using Sluice.Configuration.Schema;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Dialects;

/// <summary>
/// Files written for the 1.x line of the language load as well: each older shape is rewritten to its present one before anything is
/// checked, with one warning that says what to write instead (config-core §1.10, config-kafka §0). The shapes are told by the keys
/// they use; there is no version marker.
/// </summary>
internal static class OlderShapes
{
    public static ConfigNode Normalise(ConfigNode document, Findings findings)
    {
        if (document.Kind != ConfigNodeKind.Map)
            return document;

        ConfigNode changed = Section(document, "guards", entry => GuardKind(entry, findings));
        var guards = new KafkaSasl(findings);
        ConfigNode bindings = changed.GetMap("bindings");
        changed = Section(changed, "bindings", entry => Binding(entry, bindings, guards, findings));
        return guards.AddTo(changed);
    }

    private static ConfigNode Section(ConfigNode document, string key, Func<ConfigEntry, ConfigNode> change) =>
        document.Get(key) is { Kind: ConfigNodeKind.Map } section ? document.With(key, section.EachValue(change)) : document;

    // guards: { g: { type: jwt, kind: ... } }: the kind never meant anything.
    private static ConfigNode GuardKind(ConfigEntry guard, Findings findings)
    {
        if (guard.Value.Entry("kind") is not { } kind)
            return guard.Value;
        findings.Warning(kind.KeyPosition, $"guard '{guard.Key}': 'kind' is a 1.x key without meaning; remove it");
        return guard.Value.Without("kind");
    }

    private static ConfigNode Binding(ConfigEntry binding, ConfigNode bindings, KafkaSasl sasl, Findings findings)
    {
        string type = $"{binding.Value.GetString("type", null)} {binding.Value.GetString("kind", null)}";
        switch (type)
        {
            case "tcp server":
                TcpRoutes.Check(binding, findings);
                return binding.Value;
            case "kafka client":
                ConfigEntry client = binding with { Value = KafkaServers.Normalise(binding, bindings, findings) };
                return KafkaRoutes.Normalise(client, sasl.Normalise(client), findings);
            case "kafka cache_client" or "kafka cache_server":
                return KafkaRoutes.Normalise(binding, binding.Value, findings);
            default:
                return binding.Value;
        }
    }
}
