using Microsoft.Extensions.Primitives;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Patterns;

namespace Sluice.Edge.Http;

/// <summary>One header a route asks for.</summary>
/// <param name="Name">Lower case; pseudo headers begin with a colon.</param>
/// <param name="Pattern">What the whole value must look like.</param>
internal sealed record HttpHeaderCondition(string Name, PathPattern Pattern);

/// <summary>One entry of <c>when</c>: all its headers must match.</summary>
internal sealed record HttpCondition(IReadOnlyList<HttpHeaderCondition> Headers)
{
    /// <summary>The condition on <c>:path</c>, whose captures <c>${params.x}</c> reads; null without one.</summary>
    public PathPattern? Path { get; } = Headers.FirstOrDefault(header => header.Name == ":path")?.Pattern;
}

/// <summary>A header that is replaced, or added.</summary>
/// <param name="Name">Lower case; pseudo headers begin with a colon.</param>
/// <param name="Value">May hold <c>${params.x}</c> on a route.</param>
internal sealed record HttpOverride(string Name, ExpressionTemplate Value);

/// <summary>One route of an http server.</summary>
/// <param name="When">Any of them suffices; empty matches everything.</param>
/// <param name="Overrides">Headers replaced on requests that take it.</param>
/// <param name="ExitId">The binding that gets the request.</param>
/// <param name="IsGuarded">It has guards. None verifies here yet, and a guard that cannot answer never authorises: such a route is skipped.</param>
internal sealed record HttpRoute(IReadOnlyList<HttpCondition> When, IReadOnlyList<HttpOverride> Overrides, long ExitId, bool IsGuarded = false);

/// <summary>The route of a request, and the entry of its <c>when</c> that matched (null: it has none).</summary>
internal readonly record struct HttpRouteMatch(HttpRoute Route, HttpCondition? Condition);

/// <summary>Finds the exit of a request: routes in order, the first whose conditions hold (config-core §1.4, §3.3).</summary>
internal sealed class HttpRoutes(IReadOnlyList<HttpRoute> routes)
{
    /// <summary>The first route that matches.</summary>
    /// <returns>False for none.</returns>
    public bool TryFind(in HttpRequestHead head, out HttpRouteMatch match)
    {
        foreach (HttpRoute route in routes)
        {
            if (route.IsGuarded)
            {
                continue;
            }

            if (route.When.Count == 0)
            {
                match = new HttpRouteMatch(route, null);
                return true;
            }

            foreach (HttpCondition condition in route.When)
            {
                if (IsMatch(condition, head))
                {
                    match = new HttpRouteMatch(route, condition);
                    return true;
                }
            }
        }

        match = default;
        return false;
    }

    /// <summary>
    /// The part of a path that a pattern looks at: all of it, or, for a pattern that does not end in <c>*</c> and does not match all of
    /// it, what stands before the query (config-core §3.3, matching rule 3). So a capture at the end takes the query too, as in http-kafka.
    /// </summary>
    public static ReadOnlySpan<char> Matched(PathPattern pattern, string path)
    {
        int query = pattern.Text.EndsWith('*') || pattern.IsMatch(path) ? -1 : path.IndexOf('?');
        return query < 0 ? path : path.AsSpan(0, query);
    }

    private static bool IsMatch(HttpCondition condition, in HttpRequestHead head)
    {
        foreach (HttpHeaderCondition header in condition.Headers)
        {
            // An absent header never matches.
            StringValues values = head.Find(header.Name);
            if (values.Count == 0)
            {
                return false;
            }

            string value = HttpRequestHead.Join(header.Name, values);
            bool isMatch = header.Name == ":path"
                ? header.Pattern.IsMatch(Matched(header.Pattern, value))
                : header.Pattern.IsMatch(value);
            if (!isMatch)
            {
                return false;
            }
        }

        return true;
    }
}
