using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>A whole gateway: every namespace of one file, validated and joined. Immutable; a changed file becomes a new one.</summary>
public sealed class GatewayConfiguration
{
    private readonly Dictionary<long, BindingConfiguration> _byId = [];
    private readonly Dictionary<string, BindingConfiguration> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ResourceConfiguration> _resources = new(StringComparer.Ordinal);

    internal GatewayConfiguration(string file, IReadOnlyList<NamespaceConfiguration> namespaces, IReadOnlyList<Diagnostic> warnings)
    {
        File = file;
        Namespaces = namespaces;
        Warnings = warnings;
        Bindings = All(namespaces, space => space.Bindings);
        Guards = All(namespaces, space => space.Guards);
        Vaults = All(namespaces, space => space.Vaults);
        Catalogs = All(namespaces, space => space.Catalogs);
        Stores = All(namespaces, space => space.Stores);
        foreach (BindingConfiguration binding in Bindings)
        {
            _byId.Add(binding.Id, binding);
            _byName.Add(binding.QualifiedName, binding);
        }

        Index("guard", Guards);
        Index("vault", Vaults);
        Index("catalog", Catalogs);
        Index("store", Stores);
    }

    /// <summary>The file as the caller named it.</summary>
    public string File { get; }

    /// <summary>The directory of the file: relative names in the configuration start here, not in the working directory.</summary>
    public string Directory => Path.GetDirectoryName(Path.GetFullPath(File)) ?? Path.GetFullPath(".");

    /// <summary>The namespaces, in the order of the file; at least one.</summary>
    public IReadOnlyList<NamespaceConfiguration> Namespaces { get; }

    /// <summary>The bindings of all namespaces.</summary>
    public IReadOnlyList<BindingConfiguration> Bindings { get; }

    /// <summary>The guards of all namespaces: they see each other without any export.</summary>
    public IReadOnlyList<GuardConfiguration> Guards { get; }

    /// <summary>The vaults of all namespaces.</summary>
    public IReadOnlyList<VaultConfiguration> Vaults { get; }

    /// <summary>The catalogs of all namespaces.</summary>
    public IReadOnlyList<CatalogConfiguration> Catalogs { get; }

    /// <summary>The stores of all namespaces.</summary>
    public IReadOnlyList<StoreConfiguration> Stores { get; }

    /// <summary>What loads but will not do all it says.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; }

    /// <summary>The binding with this id, or null.</summary>
    public BindingConfiguration? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>The binding of this qualified name (<c>namespace:name</c>), or null.</summary>
    public BindingConfiguration? Find(string qualifiedName) => _byName.GetValueOrDefault(qualifiedName);

    /// <summary>The guard of this qualified name, or null: then it never authorises.</summary>
    public GuardConfiguration? FindGuard(string qualifiedName) => Resource<GuardConfiguration>("guard", qualifiedName);

    /// <summary>The vault of this qualified name, or null.</summary>
    public VaultConfiguration? FindVault(string qualifiedName) => Resource<VaultConfiguration>("vault", qualifiedName);

    /// <summary>The catalog of this qualified name, or null.</summary>
    public CatalogConfiguration? FindCatalog(string qualifiedName) => Resource<CatalogConfiguration>("catalog", qualifiedName);

    /// <summary>The store of this qualified name, or null.</summary>
    public StoreConfiguration? FindStore(string qualifiedName) => Resource<StoreConfiguration>("store", qualifiedName);

    /// <summary>The bindings one room runs, in the order of the file.</summary>
    public IReadOnlyList<BindingConfiguration> BindingsIn(Room room)
    {
        var own = new List<BindingConfiguration>();
        foreach (BindingConfiguration binding in Bindings)
        {
            if (binding.Room == room)
                own.Add(binding);
        }

        return own;
    }

    private T? Resource<T>(string section, string qualifiedName)
        where T : ResourceConfiguration => _resources.GetValueOrDefault($"{section} {qualifiedName}") as T;

    private void Index(string section, IReadOnlyList<ResourceConfiguration> resources)
    {
        foreach (ResourceConfiguration resource in resources)
            _resources.Add($"{section} {resource.QualifiedName}", resource);
    }

    private static List<T> All<T>(
        IReadOnlyList<NamespaceConfiguration> namespaces, Func<NamespaceConfiguration, IReadOnlyList<T>> part)
    {
        var all = new List<T>();
        foreach (NamespaceConfiguration space in namespaces)
            all.AddRange(part(space));
        return all;
    }
}
