using Sluice.Configuration.Expressions;
using Sluice.Configuration.Patterns;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary><c>${params.x}</c> in a route's <c>with</c> must be captured as <c>{x}</c> by at least one of its conditions.</summary>
internal static class ParamRule
{
    /// <param name="route">A route whose parts are sound.</param>
    /// <param name="patternOf">The node of a condition whose pattern captures, or null.</param>
    /// <param name="noun">What that pattern is called in messages.</param>
    /// <param name="findings">Receives the mistakes.</param>
    public static void Check(ConfigNode route, Func<ConfigNode, ConfigNode?> patternOf, string noun, Findings findings)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ConfigNode condition in route.GetList("when"))
        {
            if (patternOf(condition) is { } pattern)
                names.UnionWith(PathPattern.Parse(pattern.Text).Names);
        }

        Walk(route.GetMap("with"), names, noun, findings);
    }

    private static void Walk(ConfigNode node, HashSet<string> names, string noun, Findings findings)
    {
        foreach (ConfigEntry entry in node.Entries)
            Walk(entry.Value, names, noun, findings);
        foreach (ConfigNode item in node.Items)
            Walk(item, names, noun, findings);
        if (node.Kind != ConfigNodeKind.Text || !ExpressionTemplate.TryParse(node.Text, out ExpressionTemplate? template, out _))
            return;

        foreach (ExpressionSegment segment in template.Segments)
        {
            if (segment.Kind == ExpressionKinds.Param && !names.Contains(segment.Name))
            {
                findings.Error(
                    node.Position,
                    $"${{params.{segment.Name}}}: no {noun} of this route captures '{{{segment.Name}}}'"
                    + NearestWord.Hint(segment.Name, names));
            }
        }
    }
}
