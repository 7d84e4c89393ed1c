using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Refuses settings that are right in themselves but that nothing acts upon yet (<see cref="SupportedTypes"/>).</summary>
internal static class NotYetCheck
{
    public static void Run(ConfigNode binding, BindingType type, NodePath path, Findings findings)
    {
        foreach (string setting in SupportedTypes.NotYetOf(type))
        {
            int equals = setting.IndexOf('=');
            string keys = equals < 0 ? setting : setting[..equals];
            Walk(binding, keys.Split('.'), 0, equals < 0 ? null : setting[(equals + 1)..], new Context(type, path, findings));
        }
    }

    private static void Walk(ConfigNode node, string[] keys, int index, string? value, Context context)
    {
        bool list = keys[index].EndsWith("[]", StringComparison.Ordinal);
        string key = list ? keys[index][..^2] : keys[index];
        if (node.Entry(key) is not { } entry)
            return;

        Context below = context with { Path = context.Path.Key(key) };
        if (index == keys.Length - 1)
        {
            if (value is null || entry.Value.Text == value)
                Refuse(entry, value, below);
            return;
        }

        if (!list)
        {
            Walk(entry.Value, keys, index + 1, value, below);
            return;
        }

        for (int i = 0; i < entry.Value.Items.Count; i++)
            Walk(entry.Value.Items[i], keys, index + 1, value, below with { Path = below.Path.Item(i) });
    }

    private static void Refuse(ConfigEntry entry, string? value, Context context)
    {
        string what = value is null ? "this setting" : $"the value '{value}'";
        context.Findings.Error(
            entry.KeyPosition,
            $"{context.Path}: this version does not support {what} of {context.Type.WithArticle} yet, and refuses to ignore it");
    }

    private sealed record Context(BindingType Type, NodePath Path, Findings Findings);
}
