using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>One YAML document: a namespace and everything in it, in the order of the file.</summary>
public sealed class NamespaceConfiguration
{
    internal NamespaceConfiguration(string name) => Name = name;

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Protocols at work.</summary>
    public required IReadOnlyList<BindingConfiguration> Bindings { get; init; }

    /// <summary>Guards.</summary>
    public required IReadOnlyList<GuardConfiguration> Guards { get; init; }

    /// <summary>Vaults.</summary>
    public required IReadOnlyList<VaultConfiguration> Vaults { get; init; }

    /// <summary>Catalogs.</summary>
    public required IReadOnlyList<CatalogConfiguration> Catalogs { get; init; }

    /// <summary>Stores.</summary>
    public required IReadOnlyList<StoreConfiguration> Stores { get; init; }

    /// <summary>Telemetry.</summary>
    public required TelemetryConfiguration Telemetry { get; init; }

    /// <summary>Where the document begins.</summary>
    public required SourcePosition Position { get; init; }
}
