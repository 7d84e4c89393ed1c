using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>A list whose items share one shape.</summary>
internal sealed class ListShape(Shape item, int countMin = 0, bool unique = false) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.List)
        {
            Expected(node, path, findings, "a list");
            return;
        }

        var seen = unique ? new HashSet<string>(StringComparer.Ordinal) : null;
        if (node.Items.Count < countMin)
            findings.Error(node.Position, $"{path} needs at least {countMin} item{(countMin == 1 ? "" : "s")}");
        for (int i = 0; i < node.Items.Count; i++)
        {
            item.Check(node.Items[i], path.Item(i), findings);
            if (seen is not null && node.Items[i].Kind == ConfigNodeKind.Text && !seen.Add(node.Items[i].Text))
                findings.Error(node.Items[i].Position, $"{path} lists '{node.Items[i].Text}' twice");
        }
    }
}

/// <summary>A map with keys of the user's choice, all of one shape.</summary>
internal sealed class MapShape(Shape value, Func<string, bool>? keyRule = null, string keyExpectation = "", int countMax = int.MaxValue)
    : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.Map)
        {
            Expected(node, path, findings, "a map");
            return;
        }

        if (node.Entries.Count > countMax)
            findings.Error(node.Entries[countMax].KeyPosition, $"{path} takes at most {countMax} key{(countMax == 1 ? "" : "s")}");
        foreach (ConfigEntry entry in node.Entries)
        {
            if (keyRule is not null && !keyRule(entry.Key))
                findings.Error(entry.KeyPosition, $"the key '{entry.Key}' in {path} must be {keyExpectation}");
            value.Check(entry.Value, path.Key(entry.Key), findings);
        }
    }
}
