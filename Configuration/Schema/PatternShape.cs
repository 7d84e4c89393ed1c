using Sluice.Configuration.Patterns;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>A pattern with <c>*</c> and <c>{name}</c>; may be bound to start with a character.</summary>
internal sealed class PatternShape(string start = "") : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.Text || !node.Text.StartsWith(start, StringComparison.Ordinal))
        {
            Expected(node, path, findings, start.Length == 0 ? "a text pattern" : $"a text pattern that starts with '{start}'");
            return;
        }

        if (!PathPattern.TryParse(node.Text, out PathPattern? pattern, out string? mistake))
            findings.Error(node.Position, $"{path}: {mistake}");
        else if (Braces(node.Text) > pattern.Names.Count)
            findings.Warning(node.Position, $"{path}: a brace that does not enclose a name of letters and '_' is taken literally");
    }

    private static int Braces(string text)
    {
        int count = 0;
        foreach (char c in text)
            count += c == '{' ? 1 : 0;
        return count;
    }
}
