using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Text that obeys a rule. The rule is a plain function: no regular expression is built at start.</summary>
internal sealed class TextShape(Func<string, bool> rule, string expectation) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.Text || !rule(node.Text))
            Expected(node, path, findings, expectation);
    }
}

/// <summary>One of a few words; a slip is answered with the nearest one.</summary>
internal sealed class WordShape(params string[] words) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind == ConfigNodeKind.Text && Array.IndexOf(words, node.Text) >= 0)
            return;

        string list = words.Length == 1 ? $"'{words[0]}'" : $"one of {string.Join(", ", words)}";
        if (node.Kind == ConfigNodeKind.Text && NearestWord.Of(node.Text, words) is { } nearest)
            findings.Error(node.Position, $"{path} must be {list}, not {Describe(node)}; did you mean '{nearest}'?");
        else
            Expected(node, path, findings, list);
    }
}

/// <summary>A whole number within bounds, both included.</summary>
internal sealed class WholeNumberShape(long min, long max, string noun = "a whole number") : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.WholeNumber || node.WholeNumber < min || node.WholeNumber > max)
            Expected(node, path, findings, $"{noun} from {min} to {max}");
    }
}

/// <summary>A port, a range <c>"a-b"</c>, or a list of both (config-core §3.1).</summary>
internal sealed class PortsShape : Shape
{
    private const int RangesMax = 1024; // More ranges than that are a mistake, and each costs a pass over the ports.

    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.List)
        {
            CheckRange(node, path, findings);
            return;
        }

        if (node.Items.Count is 0 or > RangesMax)
            findings.Error(node.Position, $"{path} must list 1 to {RangesMax} ports or ranges, not {node.Items.Count}");
        for (int i = 0; i < node.Items.Count; i++)
            CheckRange(node.Items[i], path.Item(i), findings);
    }

    private static void CheckRange(ConfigNode node, NodePath path, Findings findings)
    {
        if (!PortList.TryRange(node, out _, out _))
            Expected(node, path, findings, "a port from 1 to 65535, or a range such as \"7114-7120\"");
    }
}
