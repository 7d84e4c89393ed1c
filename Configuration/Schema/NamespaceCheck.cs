using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Checks one document: its root, every binding and every resource in it (config-core §1.1).</summary>
internal static class NamespaceCheck
{
    private static readonly MapShape NamedEntries = new(Shape.Any, Names.IsName, Names.NameRule);

    // Binding names are checked with the binding.
    private static readonly ObjectShape Root = new(
        new Field("name", new TextShape(Names.IsName, $"text that is {Names.NameRule}"), Required: true),
        new Field("bindings", new MapShape(Shape.Any)),
        new Field("vaults", NamedEntries),
        new Field("guards", NamedEntries),
        new Field("catalogs", NamedEntries),
        new Field("stores", NamedEntries),
        new Field("telemetry", TelemetrySchema.Root));

    public static void Run(NamespaceOutline outline, Findings findings)
    {
        ConfigNode document = outline.Document;
        Root.Check(document, NodePath.Root, findings);
        if (document.GetString("name", null) == "sys")
            findings.Error(document["name"].Position, "the namespace 'sys' is generated and cannot be written by a configuration");
        foreach (BindingOutline binding in outline.Bindings)
            new BindingCheck(binding, findings).Run();
        new ResourceCheck(findings).Run(document);
    }
}
