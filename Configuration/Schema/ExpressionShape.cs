using Sluice.Configuration.Expressions;
using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Text in which certain <c>${...}</c> expressions are filled in per request (config-kafka §3.2).</summary>
internal sealed class ExpressionShape(ExpressionKinds allowed) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.Text)
        {
            Expected(node, path, findings, "text");
            return;
        }

        if (!ExpressionTemplate.TryParse(node.Text, out ExpressionTemplate? template, out string? mistake))
        {
            findings.Error(node.Position, $"{path}: {mistake}");
            return;
        }

        foreach (ExpressionSegment segment in template.Segments)
        {
            if ((segment.Kind & ~allowed) != 0)
                findings.Error(node.Position, $"{path}: {Written(segment)} has no meaning here; {Allowed()}");
            else if ((segment.Kind & ExpressionKinds.Guarded) != 0 && !SupportedTypes.GuardedExpressions)
                findings.Error(node.Position, $"{path}: {Written(segment)} is not supported yet: no guard would fill it in");
        }
    }

    private string Allowed()
    {
        var words = new List<string>();
        if (allowed.HasFlag(ExpressionKinds.Param))
            words.Add("${params.name}");
        if (allowed.HasFlag(ExpressionKinds.Guarded))
            words.Add("${guarded['guard'].identity}");
        if (allowed.HasFlag(ExpressionKinds.IdempotencyKey))
            words.Add("${idempotencyKey}");
        if (allowed.HasFlag(ExpressionKinds.CorrelationId))
            words.Add("${correlationId}");
        return words.Count == 0 ? "only plain text has" : $"{string.Join(", ", words)} {(words.Count == 1 ? "has" : "have")}";
    }

    private static string Written(in ExpressionSegment segment) => segment.Kind switch
    {
        ExpressionKinds.Param => $"${{params.{segment.Name}}}",
        ExpressionKinds.GuardIdentity => $"${{guarded['{segment.Guard}'].identity}}",
        ExpressionKinds.GuardAttribute => $"${{guarded['{segment.Guard}'].attributes.{segment.Name}}}",
        ExpressionKinds.IdempotencyKey => "${idempotencyKey}",
        _ => "${correlationId}",
    };
}
