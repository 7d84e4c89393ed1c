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

        if (node.Items.Count < countMin)
            findings.Error(node.Position, $"{path} needs at least {countMin} item{(countMin == 1 ? "" : "s")}");
        for (int i = 0; i < node.Items.Count; i++)
        {
            item.Check(node.Items[i], path.Item(i), findings);
            if (unique && EarlierTwin(node, i))
                findings.Error(node.Items[i].Position, $"{path} lists '{node.Items[i].Text}' twice");
        }
    }

    private static bool EarlierTwin(ConfigNode list, int index)
    {
        ConfigNode item = list.Items[index];
        for (int i = 0; i < index && i < 1000; i++) // Unique lists are short word lists; the bound keeps a hostile one linear.
        {
            if (list.Items[i].Kind == item.Kind && item.Kind == ConfigNodeKind.Text && list.Items[i].Text == item.Text)
                return true;
        }

        return false;
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

/// <summary>One shape for scalars, another for a list or map of the same setting.</summary>
internal sealed class EitherShape(ConfigNodeKind firstKind, Shape first, Shape second) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings) =>
        (node.Kind == firstKind ? first : second).Check(node, path, findings);
}

/// <summary>A shape, and then a rule between its parts that is only asked when the parts themselves are sound.</summary>
internal sealed class RuledShape(Shape shape, Action<ConfigNode, NodePath, Findings> rule) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        int before = findings.ErrorCount;
        shape.Check(node, path, findings);
        if (findings.ErrorCount == before)
            rule(node, path, findings);
    }
}
