using Sluice.Configuration.Dialects;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Configuration.Schema;
using Sluice.Configuration.Text;

namespace Sluice.Configuration;

/// <summary>
/// Turns the text of a <c>sluice.yaml</c> or <c>zilla.yaml</c> into a validated graph, or into the list of everything that is wrong
/// with it. Never throws for what a user can do.
/// </summary>
/// <remarks>text → expressions → tree → older shapes → outline → rooms → schemas, references, labels → graph.</remarks>
public static class ConfigurationLoader
{
    /// <summary>Loads a file. A missing or unreadable file is an error of the result like any other.</summary>
    /// <param name="path">The file; messages name it as given here.</param>
    /// <param name="environment">Where <c>${{env.X}}</c> finds its value; null takes the process's environment.</param>
    public static LoadResult Load(string path, Func<string, string?>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var findings = new Findings();
        string? text = FileText.Read(path, findings);
        return text is null ? Refused(findings) : LoadText(text, path, environment);
    }

    /// <summary>Loads text that is already in memory.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="fileName">How messages name it; also where relative names start.</param>
    /// <param name="environment">Where <c>${{env.X}}</c> finds its value; null takes the process's environment.</param>
    public static LoadResult LoadText(string text, string fileName, Func<string, string?>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        var findings = new Findings();
        SourceText source = EnvironmentExpressions.Expand(
            fileName, text.TrimStart('\uFEFF'), environment ?? Environment.GetEnvironmentVariable, findings);
        if (source.Expanded.Length > TextLimits.TextBytesMax)
        {
            findings.Error(source.At(0), $"the text is larger than {TextLimits.TextBytesMax / (1024 * 1024)} MiB");
            return Refused(findings);
        }

        IReadOnlyList<ConfigNode> documents = YamlReader.Read(source, findings);
        return findings.HasErrors && documents.Count == 0 ? Refused(findings) : Check(source, documents, findings);
    }

    private static LoadResult Check(SourceText source, IReadOnlyList<ConfigNode> documents, Findings findings)
    {
        List<NamespaceOutline> namespaces = Outlines(source, documents, findings);
        if (TooMany(namespaces, findings))
            return Refused(findings);
        RoomPlan.Assign(namespaces);
        var references = new ReferenceCheck(namespaces, findings);
        foreach (NamespaceOutline space in namespaces)
        {
            NamespaceCheck.Run(space, findings);
            references.Run(space);
        }

        new LabelCheck(findings).Run(namespaces);
        if (findings.HasErrors)
            return Refused(findings);

        IReadOnlyList<Diagnostic> warnings = findings.SortedWarnings();
        return new LoadResult(GraphBuilder.Build(source.File, namespaces, warnings), [], warnings);
    }

    // An empty file is the namespace `default` with nothing in it (config-core §1.1); an empty document among others is skipped.
    private static List<NamespaceOutline> Outlines(SourceText source, IReadOnlyList<ConfigNode> documents, Findings findings)
    {
        var namespaces = new List<NamespaceOutline>();
        foreach (ConfigNode document in documents)
        {
            if (document.Kind != ConfigNodeKind.Null)
                namespaces.Add(new NamespaceOutline(OlderShapes.Normalise(document, findings)));
        }

        if (namespaces.Count == 0)
        {
            SourcePosition start = source.At(0);
            ConfigNode name = ConfigNodeEdits.Text(start, NamespaceOutline.DefaultName);
            namespaces.Add(new NamespaceOutline(ConfigNodeEdits.MapOf(start, ("name", name))));
        }

        return namespaces;
    }

    private static bool TooMany(List<NamespaceOutline> namespaces, Findings findings)
    {
        int count = 0;
        foreach (NamespaceOutline space in namespaces)
        {
            count += space.Bindings.Count;
            if (count <= TextLimits.BindingsMax)
                continue;
            findings.Error(space.Bindings[^1].Position, $"more than {TextLimits.BindingsMax:N0} bindings: split the configuration");
            return true;
        }

        return false;
    }

    private static LoadResult Refused(Findings findings) => new(null, findings.SortedErrors(), findings.SortedWarnings());
}
