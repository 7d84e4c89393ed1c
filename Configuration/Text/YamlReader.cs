using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Configuration.Text;

/// <summary>Turns YAML 1.2 text into trees whose every node knows its place. One tree for each document of the file.</summary>
internal sealed class YamlReader
{
    private readonly SourceText _source;
    private readonly Findings _findings;
    private readonly Parser _parser;
    private readonly Dictionary<string, (ConfigNode Node, int Count)> _anchors = [];
    private int _nodes;

    private YamlReader(SourceText source, Findings findings)
    {
        _source = source;
        _findings = findings;
        _parser = new Parser(new StringReader(source.Expanded));
    }

    /// <summary>Reads every document. On a mistake that YAML cannot recover from, one error is told and the list is empty.</summary>
    public static IReadOnlyList<ConfigNode> Read(SourceText source, Findings findings)
    {
        var reader = new YamlReader(source, findings);
        try
        {
            return reader.ReadDocuments();
        }
        catch (TextRefusedException refusal)
        {
            findings.Error(refusal.Position, refusal.Message);
        }
        catch (YamlException mistake)
        {
            SourcePosition position = source.At(mistake.Start.Index);
            findings.Error(position, $"not valid YAML: {Reason(mistake)}{BraceHint(source, position)}");
        }
#pragma warning disable CA1031 // The parser is not ours: whatever it stumbles over in a user's text is a finding, never a crash.
        catch (Exception stumble)
        {
            findings.Error(source.At(0), $"not valid YAML: {stumble.Message.ReplaceLineEndings(" ")}");
        }
#pragma warning restore CA1031
        return [];
    }

    private List<ConfigNode> ReadDocuments()
    {
        var documents = new List<ConfigNode>();
        while (_parser.MoveNext())
        {
            if (_parser.Current is not DocumentStart)
                continue;
            _anchors.Clear();
            Advance();
            documents.Add(ReadNode(0));
        }

        return documents;
    }

    private ConfigNode ReadNode(int depth)
    {
        ParsingEvent current = _parser.Current!;
        SourcePosition position = _source.At(current.Start.Index);
        if (depth > TextLimits.DepthMax)
            throw new TextRefusedException(position, $"nested deeper than {TextLimits.DepthMax} levels");

        int before = _nodes;
        Count(position, 1);
        string anchor = "";
        ConfigNode node;
        switch (current)
        {
            case Scalar scalar:
                anchor = NameOf(scalar.Anchor);
                node = ReadScalar(scalar, position);
                break;
            case SequenceStart list:
                anchor = NameOf(list.Anchor);
                node = ReadList(position, depth);
                break;
            case MappingStart map:
                anchor = NameOf(map.Anchor);
                node = ReadMap(position, depth);
                break;
            case AnchorAlias alias:
                node = Follow(alias, position);
                break;
            default:
                throw new TextRefusedException(position, "not valid YAML: a value was expected here");
        }

        if (anchor.Length > 0)
            _anchors[anchor] = (node, _nodes - before);
        return node;
    }

    private ConfigNode ReadScalar(Scalar scalar, SourcePosition position)
    {
        if (scalar.Tag.IsEmpty)
        {
            return scalar.Style == ScalarStyle.Plain
                ? YamlScalar.Plain(position, scalar.Value)
                : ConfigNode.Scalar(ConfigNodeKind.Text, position, scalar.Value);
        }

        if (scalar.Tag.IsNonSpecific || scalar.Tag.Value == "tag:yaml.org,2002:str")
            return ConfigNode.Scalar(ConfigNodeKind.Text, position, scalar.Value);
        if (scalar.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
            return YamlScalar.Plain(position, scalar.Value);
        _findings.Error(position, $"the YAML tag '{scalar.Tag.Value}' means nothing here: remove it");
        return ConfigNode.Scalar(ConfigNodeKind.Text, position, scalar.Value);
    }

    private ConfigNode ReadList(SourcePosition position, int depth)
    {
        var items = new List<ConfigNode>();
        Advance();
        while (_parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
            Advance();
        }

        return ConfigNode.List(position, [.. items]);
    }

    private ConfigNode ReadMap(SourcePosition position, int depth)
    {
        var entries = new List<ConfigEntry>();
        var keys = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        Advance();
        while (_parser.Current is not MappingEnd)
        {
            SourcePosition keyPosition = _source.At(_parser.Current!.Start.Index);
            if (_parser.Current is not Scalar)
                throw new TextRefusedException(keyPosition, "a key must be plain text, not a list, a map or an alias");
            string key = ((Scalar)_parser.Current).Value;
            Advance();
            ConfigNode value = ReadNode(depth + 1);
            Advance();

            if (keys.TryGetValue(key, out SourcePosition first))
                _findings.Error(keyPosition, $"duplicate key '{key}': it is already set on line {first.Line}");
            else
                entries.Add(new ConfigEntry(key, keyPosition, value));
            keys.TryAdd(key, keyPosition);
        }

        return ConfigNode.Map(position, [.. entries]);
    }

    // An alias shares the node it names. Its nodes are counted again, so that aliases of aliases cannot grow without bound.
    private ConfigNode Follow(AnchorAlias alias, SourcePosition position)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out (ConfigNode Node, int Count) target))
            throw new TextRefusedException(position, $"alias '*{alias.Value.Value}' names no anchor above it");
        Count(position, target.Count);
        return target.Node;
    }

    private void Count(SourcePosition position, int nodes)
    {
        _nodes += nodes;
        if (_nodes > TextLimits.NodesMax)
        {
            throw new TextRefusedException(
                position, $"more than {TextLimits.NodesMax:N0} values once aliases are followed: this file is refused");
        }
    }

    private void Advance()
    {
        if (!_parser.MoveNext())
            throw new TextRefusedException(_source.At(_source.Expanded.Length), "not valid YAML: the text ends too early");
    }

    private static string NameOf(AnchorName anchor) => anchor.IsEmpty ? "" : anchor.Value;

    private static string Reason(YamlException mistake)
    {
        // Some messages begin with the parser's own "(Line: .., Col: ..) - (..): ", which speaks of the expanded text.
        string reason = mistake.Message.ReplaceLineEndings(" ").Trim();
        int prefix = reason.StartsWith('(') ? reason.IndexOf("): ", StringComparison.Ordinal) : -1;
        return (prefix < 0 ? reason : reason[(prefix + 3)..]).TrimEnd('.');
    }

    private static string BraceHint(SourceText source, SourcePosition position) =>
        source.LineText(position.Line).Contains("${", StringComparison.Ordinal)
            ? " (a value with braces inside { } or [ ] needs quotes)" : "";

    /// <summary>The text breaks a rule after which reading on makes no sense. Never leaves the reader.</summary>
#pragma warning disable CA1032, CA1064 // Private to the reader: it carries a place, always.
    private sealed class TextRefusedException(SourcePosition position, string message) : Exception(message)
    {
        public SourcePosition Position => position;
    }
#pragma warning restore CA1032, CA1064
}
