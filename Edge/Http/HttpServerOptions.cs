using Sluice.Configuration.Expressions;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Patterns;
using Sluice.Configuration.Text;

namespace Sluice.Edge.Http;

/// <summary>What the configuration says about an http server (config-core §3.3).</summary>
internal sealed record HttpServerOptions
{
    /// <summary><c>namespace:name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The binding's id.</summary>
    public required long Id { get; init; }

    /// <summary>True when <c>http/1.1</c> is spoken.</summary>
    public bool IsHttp1 { get; init; } = true;

    /// <summary>True when <c>h2</c> is spoken.</summary>
    public bool IsHttp2 { get; init; } = true;

    /// <summary>Headers replaced on every request, before the route's own.</summary>
    public IReadOnlyList<HttpOverride> Overrides { get; init; } = [];

    /// <summary>Where requests go.</summary>
    public required HttpRoutes Routes { get; init; }

    /// <summary>True when a version found by <see cref="HttpPreface"/> is spoken.</summary>
    public bool Speaks(HttpOpening version) => version == HttpOpening.Http2 ? IsHttp2 : IsHttp1;

    /// <summary>Reads a validated binding.</summary>
    public static HttpServerOptions From(BindingConfiguration binding)
    {
        IReadOnlyList<string> versions = binding.Options.GetStrings("versions");
        return new HttpServerOptions
        {
            Name = binding.QualifiedName,
            Id = binding.Id,
            IsHttp1 = versions.Count == 0 || versions.Contains("http/1.1"),
            IsHttp2 = versions.Count == 0 || versions.Contains("h2"),
            Overrides = OverridesOf(binding.Options),
            Routes = new HttpRoutes([.. binding.EffectiveRoutes.Where(route => route.Exit is not null).Select(RouteOf)]),
        };
    }

    private static HttpRoute RouteOf(RouteConfiguration route) => new(
        [.. route.When.Select(ConditionOf)],
        OverridesOf(route.With.GetMap("headers")),
        route.Exit!.Id,
        IsGuarded: route.Guarded.Count > 0);

    private static HttpCondition ConditionOf(ConfigNode when) => new(
        [.. when.GetMap("headers").Entries.Select(entry => new HttpHeaderCondition(
            Lower(entry.Key), PathPattern.Parse(HeaderText.OfConfiguration(entry.Value.Text))))]);

    private static HttpOverride[] OverridesOf(ConfigNode node) =>
        [.. node.GetMap("overrides").Entries.Select(entry => new HttpOverride(
            Lower(entry.Key), ExpressionTemplate.Parse(HeaderText.OfConfiguration(entry.Value.Text))))];

#pragma warning disable CA1308 // Header names are lower case in frames.
    private static string Lower(string name) => name.ToLowerInvariant();
#pragma warning restore CA1308
}
