using Sluice.Configuration.Text;

namespace Sluice.Configuration.Dialects;

/// <summary>
/// kafka client, 1.x: <c>options.sasl {mechanism, username, password}</c>. Its present form is an <c>inline</c> guard that holds the
/// user and the password, and <c>options.authorization</c> that names the guard (config-kafka §0).
/// </summary>
internal sealed class KafkaSasl(Findings findings)
{
    private readonly List<ConfigEntry> _guards = [];

    public ConfigNode Normalise(ConfigEntry binding)
    {
        ConfigNode node = binding.Value;
        if (node.GetMap("options").Entry("sasl") is not { Value.Kind: ConfigNodeKind.Map } sasl)
            return node;

        ConfigNode options = node["options"];
        if (options.Has("authorization"))
        {
            findings.Error(sasl.KeyPosition, $"binding '{binding.Key}': 'sasl' (1.x) and 'authorization' both log in to the broker; "
                + "keep 'authorization'");
            return node.With("options", options.Without("sasl"));
        }

        string guard = $"{binding.Key}_sasl";
        findings.Warning(
            sasl.KeyPosition, $"binding '{binding.Key}': 'sasl' is the 1.x form; use options.authorization with an inline guard");
        _guards.Add(new ConfigEntry(guard, sasl.KeyPosition, Guard(sasl)));
        options = options.Without("sasl").With("authorization", Authorization(guard, sasl));
        return node.With("options", options);
    }

    /// <summary>The document with the guards that were made up on the way.</summary>
    public ConfigNode AddTo(ConfigNode document)
    {
        if (_guards.Count == 0)
            return document;
        ConfigNode guards = document.Get("guards") is { Kind: ConfigNodeKind.Map } existing
            ? ConfigNode.Map(existing.Position, [.. existing.EntryArray, .. _guards.Where(guard => !existing.Has(guard.Key))])
            : ConfigNode.Map(_guards[0].KeyPosition, [.. _guards]);
        return document.With("guards", guards);
    }

    private static ConfigNode Guard(ConfigEntry sasl)
    {
        SourcePosition position = sasl.KeyPosition;
        ConfigNode empty = ConfigNodeEdits.Text(position, "");
        return ConfigNodeEdits.MapOf(
            position,
            ("type", ConfigNodeEdits.Text(position, "inline")),
            ("options", ConfigNodeEdits.MapOf(
                position,
                ("identity", sasl.Value.Get("username") ?? empty),
                ("credentials", sasl.Value.Get("password") ?? empty))));
    }

    private static ConfigNode Authorization(string guard, ConfigEntry sasl)
    {
        SourcePosition position = sasl.KeyPosition;
        ConfigNode credentials = ConfigNodeEdits.MapOf(
            position,
            ("mechanism", sasl.Value.Get("mechanism") ?? ConfigNodeEdits.Text(position, "plain")),
            ("username", ConfigNodeEdits.Text(position, "{identity}")),
            ("password", ConfigNodeEdits.Text(position, "{credentials}")));
        return ConfigNodeEdits.MapOf(position, (guard, ConfigNodeEdits.MapOf(position, ("credentials", credentials))));
    }
}
