using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>What one setting may look like. A shape reports everything that is wrong with a node and all below it.</summary>
internal abstract class Shape
{
    /// <summary>Reports to <paramref name="findings"/>; says nothing when the node is as it should be.</summary>
    public abstract void Check(ConfigNode node, NodePath path, Findings findings);

    /// <summary>Anything goes: for settings that are refused or checked elsewhere.</summary>
    public static Shape Any { get; } = new AnyShape();

    /// <summary>Any text.</summary>
    public static Shape Text { get; } = new TextShape(_ => true, "text");

    /// <summary>Text that is not empty.</summary>
    public static Shape FilledText { get; } = new TextShape(text => text.Length > 0, "text that is not empty");

    /// <summary><c>name</c> or <c>namespace:name</c>.</summary>
    public static Shape Reference { get; } = new TextShape(Names.IsReference, Names.ReferenceRule);

    /// <summary>true or false.</summary>
    public static Shape Boolean { get; } = new BooleanShape();

    /// <summary>How a node is named in "not ...".</summary>
    protected static string Describe(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Null => "empty",
        ConfigNodeKind.Boolean => $"the boolean {node.Text}",
        ConfigNodeKind.WholeNumber or ConfigNodeKind.Number => $"the number {Clip(node.Text)}",
        ConfigNodeKind.Text => $"'{Clip(node.Text)}'",
        ConfigNodeKind.List => "a list",
        _ => "a map",
    };

    protected static void Expected(ConfigNode node, NodePath path, Findings findings, string expectation)
    {
        string quote = node.Kind is ConfigNodeKind.Boolean or ConfigNodeKind.WholeNumber or ConfigNodeKind.Number
            && expectation.Contains("text", StringComparison.Ordinal)
            ? "; put it in quotes" : "";
        findings.Error(node.Position, node.Kind == ConfigNodeKind.Null
            ? $"{path} is empty: it must be {expectation}"
            : $"{path} must be {expectation}, not {Describe(node)}{quote}");
    }

    // A message stays one readable line, whatever stands in the file.
    private static string Clip(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= 80 ? line : $"{line.AsSpan(0, 77)}...";
    }

    private sealed class AnyShape : Shape
    {
        public override void Check(ConfigNode node, NodePath path, Findings findings)
        {
        }
    }

    private sealed class BooleanShape : Shape
    {
        public override void Check(ConfigNode node, NodePath path, Findings findings)
        {
            if (node.Kind != ConfigNodeKind.Boolean)
                Expected(node, path, findings, "true or false");
        }
    }
}
