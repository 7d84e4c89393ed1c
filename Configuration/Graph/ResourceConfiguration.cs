using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>Something bindings refer to by name: a guard, vault, catalog, store or exporter.</summary>
public abstract class ResourceConfiguration
{
    private protected ResourceConfiguration(string space, ConfigEntry entry)
    {
        Namespace = space;
        Name = entry.Key;
        QualifiedName = $"{space}:{entry.Key}";
        Id = Labels.Id(space, entry.Key);
        Type = entry.Value.GetString("type");
        Options = entry.Value.GetMap("options");
        Position = entry.KeyPosition;
        string? vault = entry.Value.GetString("vault", null);
        Vault = vault is null ? null : Schema.Names.Qualify(space, vault);
        string? store = entry.Value.GetString("store", null);
        Store = store is null ? null : Schema.Names.Qualify(space, store);
    }

    /// <summary>Stable id, computed like that of a binding.</summary>
    public long Id { get; }

    /// <summary>The namespace.</summary>
    public string Namespace { get; }

    /// <summary>The name inside the namespace.</summary>
    public string Name { get; }

    /// <summary><c>namespace:name</c>.</summary>
    public string QualifiedName { get; }

    /// <summary>The type.</summary>
    public string Type { get; }

    /// <summary>The options; <see cref="ConfigNode.EmptyMap"/> when there are none.</summary>
    public ConfigNode Options { get; }

    /// <summary>The vault it uses as <c>namespace:name</c>, or null.</summary>
    public string? Vault { get; }

    /// <summary>The store it uses as <c>namespace:name</c>, or null.</summary>
    public string? Store { get; }

    /// <summary>Where its name stands.</summary>
    public SourcePosition Position { get; }

    /// <summary><c>namespace:name (type)</c>.</summary>
    public override string ToString() => $"{QualifiedName} ({Type})";
}

/// <summary>Who may do what (config-core §4).</summary>
public sealed class GuardConfiguration : ResourceConfiguration
{
    internal GuardConfiguration(string space, ConfigEntry entry)
        : base(space, entry)
    {
    }
}

/// <summary>A source of keys and certificates (config-core §5).</summary>
public sealed class VaultConfiguration : ResourceConfiguration
{
    internal VaultConfiguration(string space, ConfigEntry entry)
        : base(space, entry)
    {
    }
}

/// <summary>A source of schemas (config-kafka §10).</summary>
public sealed class CatalogConfiguration : ResourceConfiguration
{
    internal CatalogConfiguration(string space, ConfigEntry entry)
        : base(space, entry)
    {
    }
}

/// <summary>Key and value state (config-core §8).</summary>
public sealed class StoreConfiguration : ResourceConfiguration
{
    internal StoreConfiguration(string space, ConfigEntry entry)
        : base(space, entry)
    {
    }
}

/// <summary>Where telemetry goes (config-core §6.3).</summary>
public sealed class ExporterConfiguration : ResourceConfiguration
{
    internal ExporterConfiguration(string space, ConfigEntry entry)
        : base(space, entry)
    {
    }
}
