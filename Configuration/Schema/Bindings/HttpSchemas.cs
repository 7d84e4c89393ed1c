using Sluice.Configuration.Expressions;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema.Bindings;

/// <summary>http (config-core §3.3).</summary>
internal static class HttpSchemas
{
    private static readonly MapShape Overrides = new(Shape.Text, IsHeaderName, "a header name");

    public static BindingSchema Server { get; } = new()
    {
        Options = new ObjectShape(
            new Field("versions", new ListShape(new WordShape("http/1.1", "h2"), countMin: 1, unique: true)),
            new Field("access-control", Shape.Any),
            new Field("authorization", Shape.Any),
            new Field("overrides", Overrides),
            new Field("requests", Shape.Any)),
        When = new ObjectShape(new Field("headers", new MapShape(new PatternShape(), IsHeaderName, "a header name"))),
        With = new ObjectShape(
            new Field("headers", new ObjectShape(
                new Field("overrides", new MapShape(
                    new ExpressionShape(ExpressionKinds.Param), IsHeaderName, "a header name"))))),
        RouteRule = CheckParams,
    };

    // ${params.x} stands for what a :path pattern of the same route captures.
    private static void CheckParams(ConfigNode route, NodePath path, Findings findings) =>
        ParamRule.Check(route, when => when.GetMap("headers").Get(":path"), "':path' pattern", findings);

    private static bool IsHeaderName(string name)
    {
        ReadOnlySpan<char> token = name.StartsWith(':') ? name.AsSpan(1) : name;
        foreach (char c in token)
        {
            // token, RFC 9110 5.6.2
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
                return false;
        }

        return token.Length > 0;
    }
}
