using Sluice.Configuration.Schema;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>Turns trees that passed every check into the graph.</summary>
internal sealed class GraphBuilder
{
    private readonly List<BindingReference> _references = [];

    public static GatewayConfiguration Build(
        string file, IReadOnlyList<NamespaceOutline> outlines, IReadOnlyList<Diagnostic> warnings)
    {
        var builder = new GraphBuilder();
        var namespaces = new List<NamespaceConfiguration>();
        foreach (NamespaceOutline outline in outlines)
            namespaces.Add(builder.Namespace(outline));

        var configuration = new GatewayConfiguration(file, namespaces, warnings);
        foreach (BindingReference reference in builder._references)
            reference.Target = configuration.Find(reference.QualifiedName);
        return configuration;
    }

    private NamespaceConfiguration Namespace(NamespaceOutline outline)
    {
        ConfigNode document = outline.Document;
        string name = outline.Name;
        return new NamespaceConfiguration(name)
        {
            Position = document.Position,
            Bindings = [.. outline.Bindings.ConvertAll(Binding)],
            Guards = Resources(document, "guards", entry => new GuardConfiguration(name, entry)),
            Vaults = Resources(document, "vaults", entry => new VaultConfiguration(name, entry)),
            Catalogs = Resources(document, "catalogs", entry => new CatalogConfiguration(name, entry)),
            Stores = Resources(document, "stores", entry => new StoreConfiguration(name, entry)),
            Telemetry = Telemetry(name, document.GetMap("telemetry")),
        };
    }

    private BindingConfiguration Binding(BindingOutline outline)
    {
        ConfigNode node = outline.Node;
        string space = outline.Namespace;
        BindingReference? exit = Reference(space, node.Get("exit"));
        var routes = new List<RouteConfiguration>();
        foreach (ConfigNode route in node.GetList("routes"))
            routes.Add(Route(space, route, exit));

        string? vault = node.GetString("vault", null);
        return new BindingConfiguration(space, outline.Name)
        {
            Type = node.GetString("type"),
            Kind = node.GetString("kind"),
            Room = outline.Room,
            Exit = exit,
            Entry = Reference(space, node.Get("entry")),
            Routes = routes,
            EffectiveRoutes = exit is null
                ? routes
                : [.. routes, new RouteConfiguration([], ConfigNode.EmptyMap, [], exit, exit.Position)],
            Options = node.GetMap("options"),
            Vault = vault is null ? null : Names.Qualify(space, vault),
            Catalog = node.GetMap("catalog"),
            Telemetry = node.GetMap("telemetry"),
            Position = outline.Position,
        };
    }

    private RouteConfiguration Route(string space, ConfigNode node, BindingReference? bindingExit)
    {
        var guarded = new List<GuardedConfiguration>();
        foreach (ConfigEntry entry in node.GetMap("guarded").Entries)
        {
            string guard = Names.Qualify(space, entry.Key);
            guarded.Add(new GuardedConfiguration(guard, [.. entry.Value.Items.Select(role => role.Text)]));
        }

        return new RouteConfiguration(
            node.GetList("when"),
            node.GetMap("with"),
            guarded,
            Reference(space, node.Get("exit")) ?? bindingExit,
            node.Position);
    }

    private BindingReference? Reference(string space, ConfigNode? name)
    {
        if (name is null)
            return null;
        var reference = new BindingReference(Names.Qualify(space, name.Text), name.Position);
        _references.Add(reference);
        return reference;
    }

    private static TelemetryConfiguration Telemetry(string space, ConfigNode node)
    {
        var attributes = new List<KeyValuePair<string, string>>();
        foreach (ConfigEntry entry in node.GetMap("attributes").Entries)
            attributes.Add(new KeyValuePair<string, string>(entry.Key, entry.Value.Text));
        return new TelemetryConfiguration(
            attributes,
            node.GetStrings("metrics"),
            Resources(node, "exporters", entry => new ExporterConfiguration(space, entry)));
    }

    private static List<T> Resources<T>(ConfigNode node, string section, Func<ConfigEntry, T> create)
    {
        var resources = new List<T>();
        foreach (ConfigEntry entry in node.GetMap(section).Entries)
            resources.Add(create(entry));
        return resources;
    }
}
