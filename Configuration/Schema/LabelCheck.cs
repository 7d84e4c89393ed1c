using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Names must be unique, and so must the numbers made of them (see <see cref="Labels"/>).</summary>
internal sealed class LabelCheck(Findings findings)
{
    private static readonly string[] Sections = ["bindings", "vaults", "guards", "catalogs", "stores"];

    public void Run(IReadOnlyList<NamespaceOutline> namespaces)
    {
        var spaces = new Dictionary<int, (string Name, SourcePosition Position)>();
        foreach (NamespaceOutline space in namespaces)
        {
            SourcePosition position = space.Document.Get("name")?.Position ?? space.Document.Position;
            if (spaces.TryGetValue(Labels.Of(space.Name), out var first) && first.Name == space.Name)
                findings.Error(position, $"the namespace '{space.Name}' is declared twice, first on line {first.Position.Line}");
            else
                Add(spaces, space.Name, position);
            CheckNames(space.Document);
        }
    }

    // A guard and a binding may share a name: they share the number too, but are never looked up in one place.
    private void CheckNames(ConfigNode document)
    {
        var labels = new Dictionary<int, (string Name, SourcePosition Position)>();
        foreach (string section in Sections)
        {
            foreach (ConfigEntry entry in document.GetMap(section).Entries)
                Add(labels, entry.Key, entry.KeyPosition);
        }
    }

    private void Add(Dictionary<int, (string Name, SourcePosition Position)> labels, string name, SourcePosition position)
    {
        if (!labels.TryAdd(Labels.Of(name), (name, position)) && labels[Labels.Of(name)] is var other && other.Name != name)
        {
            findings.Error(position, $"'{name}' and '{other.Name}' (line {other.Position.Line}) happen to get the same number "
                + "in frames: rename one of them");
        }
    }
}
