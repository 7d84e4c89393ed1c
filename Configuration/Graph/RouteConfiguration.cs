using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>When and where to. Routes are tried in order; the first that is authorised and matches wins (config-core §1.4).</summary>
public sealed class RouteConfiguration
{
    internal RouteConfiguration(
        IReadOnlyList<ConfigNode> when,
        ConfigNode with,
        IReadOnlyList<GuardedConfiguration> guarded,
        BindingReference? exit,
        SourcePosition position)
    {
        When = when;
        With = with;
        Guarded = guarded;
        Exit = exit;
        Position = position;
    }

    /// <summary>Conditions: any one suffices, each needs all its keys; empty matches everything.</summary>
    public IReadOnlyList<ConfigNode> When { get; }

    /// <summary>What the route does to the stream; <see cref="ConfigNode.EmptyMap"/> when nothing.</summary>
    public ConfigNode With { get; }

    /// <summary>Guards that must all agree; empty is open to everybody.</summary>
    public IReadOnlyList<GuardedConfiguration> Guarded { get; }

    /// <summary>The route's own exit, or else the binding's; null only where a type needs none.</summary>
    public BindingReference? Exit { get; }

    /// <summary>Where the route stands.</summary>
    public SourcePosition Position { get; }
}
