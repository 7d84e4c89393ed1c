using Sluice.Catalog.Registries;
using Sluice.Configuration.Graph;
using Sluice.ServiceDefaults;

namespace Sluice.Catalog.Hosting;

/// <summary>The catalogs of the configuration by qualified name: the one place that knows their types.</summary>
internal sealed class CatalogTable
{
    private readonly Dictionary<string, ICatalog> _catalogs;

    /// <summary>Builds every catalog.</summary>
    /// <exception cref="ServiceStartException">A type is not supported; all such mistakes are named.</exception>
    public CatalogTable(GatewayConfiguration configuration)
    {
        string[] mistakes = [.. configuration.Catalogs.Where(catalog => catalog.Type != "inline")
            .Select(catalog => $"{catalog.Position}: catalog {catalog.QualifiedName}: type '{catalog.Type}' is not supported yet")];
        if (mistakes.Length > 0)
        {
            throw ServiceStartException.Configuration(mistakes);
        }

        _catalogs = configuration.Catalogs.ToDictionary(catalog => catalog.QualifiedName, Create, StringComparer.Ordinal);
    }

    /// <summary>How many there are.</summary>
    public int Count => _catalogs.Count;

    /// <summary>The catalog of a qualified name, or null.</summary>
    public ICatalog? Find(string qualifiedName) => _catalogs.GetValueOrDefault(qualifiedName);

    private static ICatalog Create(CatalogConfiguration catalog) => new InlineCatalog(
        catalog.Options.GetMap("subjects").Entries.Select(subject => KeyValuePair.Create(subject.Key, subject.Value.GetString("schema"))));
}
