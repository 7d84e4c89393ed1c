using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Whether a binding, or one of its routes, names an exit.</summary>
internal enum ExitRule
{
    /// <summary>It must not.</summary>
    Forbidden,

    /// <summary>It may.</summary>
    Optional,

    /// <summary>On the binding: it must, unless it has routes. On a route: it must, unless the binding has an exit.</summary>
    Required,
}

/// <summary>The closed shape of one kind of binding.</summary>
internal sealed record BindingSchema
{
    /// <summary>The options; null forbids them.</summary>
    public Shape? Options { get; init; }

    /// <summary>True when the binding means nothing without options.</summary>
    public bool OptionsRequired { get; init; }

    /// <summary>When set, options are accepted with this warning.</summary>
    public string? OptionsNote { get; init; }

    /// <summary>The binding's own exit.</summary>
    public ExitRule Exit { get; init; } = ExitRule.Required;

    /// <summary>False forbids routes.</summary>
    public bool Routes { get; init; } = true;

    /// <summary>True when the binding means nothing without routes.</summary>
    public bool RoutesRequired { get; init; }

    /// <summary>The exit of each route.</summary>
    public ExitRule RouteExit { get; init; } = ExitRule.Required;

    /// <summary>One condition of a route; null forbids <c>when</c>.</summary>
    public Shape? When { get; init; }

    /// <summary>What a route does; null forbids <c>with</c>.</summary>
    public Shape? With { get; init; }

    /// <summary>True when each route needs <c>with</c>.</summary>
    public bool WithRequired { get; init; }

    /// <summary>A rule between the parts of a route, asked when the parts are sound.</summary>
    public Action<ConfigNode, NodePath, Findings>? RouteRule { get; init; }
}
