using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>A protocol at work: one entry of <c>bindings</c>, validated, references resolved. Immutable; share it freely.</summary>
public sealed class BindingConfiguration
{
    internal BindingConfiguration(string space, string name)
    {
        Namespace = space;
        Name = name;
        QualifiedName = $"{space}:{name}";
        Id = Labels.Id(space, name);
    }

    /// <summary>The id used in frames: the same in every process that loads the same file.</summary>
    public long Id { get; }

    /// <summary>The namespace.</summary>
    public string Namespace { get; }

    /// <summary>The name inside the namespace.</summary>
    public string Name { get; }

    /// <summary><c>namespace:name</c>, the printed form.</summary>
    public string QualifiedName { get; }

    /// <summary>The type, for example <c>http-kafka</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The kind, for example <c>server</c> or <c>cache_client</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The service that runs it.</summary>
    public required Room Room { get; init; }

    /// <summary>The catch-all exit, or null.</summary>
    public required BindingReference? Exit { get; init; }

    /// <summary>For remote kinds, the binding whose streams it feeds; null otherwise.</summary>
    public required BindingReference? Entry { get; init; }

    /// <summary>The routes of the file, in order, without the catch-all.</summary>
    public required IReadOnlyList<RouteConfiguration> Routes { get; init; }

    /// <summary>
    /// What routing really goes through: <see cref="Routes"/>, then <see cref="Exit"/> as a last one without conditions or guards
    /// (config-core §1.4).
    /// </summary>
    public required IReadOnlyList<RouteConfiguration> EffectiveRoutes { get; init; }

    /// <summary>The options; <see cref="ConfigNode.EmptyMap"/> when there are none.</summary>
    public required ConfigNode Options { get; init; }

    /// <summary>The vault as <c>namespace:name</c>, or null.</summary>
    public required string? Vault { get; init; }

    /// <summary>The binding's catalog references; <see cref="ConfigNode.EmptyMap"/> when there are none.</summary>
    public required ConfigNode Catalog { get; init; }

    /// <summary>The binding's telemetry selection; <see cref="ConfigNode.EmptyMap"/> when there is none.</summary>
    public required ConfigNode Telemetry { get; init; }

    /// <summary>Where the binding's name stands.</summary>
    public required SourcePosition Position { get; init; }

    /// <summary>True for this type and kind.</summary>
    public bool Is(string type, string kind) => Type == type && Kind == kind;

    /// <summary><c>namespace:name (type kind)</c>.</summary>
    public override string ToString() => $"{QualifiedName} ({Type} {Kind})";
}
