namespace Sluice.Edge.Http;

/// <summary>The <c>:path</c> of a request target (RFC 9112 §3.2).</summary>
internal static class HttpTarget
{
    /// <summary>
    /// <code>
    ///   origin-form     /items?x=1               as it is
    ///   absolute-form   http://host/items?x=1    from the first slash behind the host; "/" without one
    ///   others          *, host:port             as they are
    /// </code>
    /// </summary>
    public static string PathOf(string target)
    {
        int scheme;
        if (target.StartsWith('/') || (scheme = target.IndexOf("://", StringComparison.Ordinal)) < 0)
        {
            return target;
        }

        int path = target.AsSpan(scheme + 3).IndexOfAny('/', '?');
        if (path < 0)
        {
            return "/";
        }

        string rest = target[(scheme + 3 + path)..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }
}
