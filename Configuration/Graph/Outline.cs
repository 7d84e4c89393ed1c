using Sluice.Configuration.Placement;
using Sluice.Configuration.Schema;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>A binding as far as it can be made out, before anything is known to be right.</summary>
internal sealed class BindingOutline(string space, ConfigEntry entry)
{
    public string Namespace { get; } = space;

    public string Name => entry.Key;

    public string QualifiedName { get; } = $"{space}:{entry.Key}";

    public SourcePosition Position => entry.KeyPosition;

    public ConfigNode Node => entry.Value;

    /// <summary>The table entry of its type and kind; null when either is missing or unknown.</summary>
    public BindingType? Type { get; } = BindingTypes.Find(entry.Value.GetString("type", null), entry.Value.GetString("kind", null));

    /// <summary>Where it will run; final once the rooms are assigned.</summary>
    public Room Room { get; set; }

    /// <summary>Every exit it names, its own and those of its routes.</summary>
    public IEnumerable<ConfigNode> Exits()
    {
        foreach (ConfigNode route in Node.GetMapList("routes"))
        {
            if (route.Get("exit") is { Kind: ConfigNodeKind.Text } exit)
                yield return exit;
        }

        if (Node.Get("exit") is { Kind: ConfigNodeKind.Text } last)
            yield return last;
    }
}

/// <summary>A namespace as far as it can be made out.</summary>
internal sealed class NamespaceOutline
{
    public const string DefaultName = "default";

    public NamespaceOutline(ConfigNode document)
    {
        Document = document;
        Name = document.Get("name") is { Kind: ConfigNodeKind.Text } name ? name.Text : DefaultName;
        foreach (ConfigEntry entry in document.GetMap("bindings").Entries)
            Bindings.Add(new BindingOutline(Name, entry));
    }

    public string Name { get; }

    public ConfigNode Document { get; }

    public List<BindingOutline> Bindings { get; } = [];
}

/// <summary>Tolerant reading of a tree that may still be wrong.</summary>
internal static class OutlineReading
{
    /// <summary>The maps in a list; empty when there is no list.</summary>
    public static IEnumerable<ConfigNode> GetMapList(this ConfigNode node, string key)
    {
        foreach (ConfigNode item in node.GetMap(key).Items)
        {
            if (item.Kind == ConfigNodeKind.Map)
                yield return item;
        }
    }

    /// <summary>Every binding of every namespace by its qualified name; of duplicates, the first.</summary>
    public static Dictionary<string, BindingOutline> ByName(this IReadOnlyList<NamespaceOutline> namespaces)
    {
        var all = new Dictionary<string, BindingOutline>(StringComparer.Ordinal);
        foreach (NamespaceOutline space in namespaces)
        {
            foreach (BindingOutline binding in space.Bindings)
                all.TryAdd(binding.QualifiedName, binding);
        }

        return all;
    }

    public static BindingOutline? Resolve(this Dictionary<string, BindingOutline> all, string space, string reference) =>
        all.GetValueOrDefault(Names.Qualify(space, reference));
}
