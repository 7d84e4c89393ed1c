namespace Sluice.Edge.Http;

/// <summary>The host of a request as routes see it: always with a port (config-core §3.3, matching rule 2).</summary>
internal static class HttpAuthority
{
    /// <summary>Appends the scheme's port when the client sent none.</summary>
    public static string WithPort(string host, string scheme) => HasPort(host) ? host : host + PortOf(scheme);

    /// <summary>True when an origin (<c>scheme://host[:port]</c>) is the site itself.</summary>
    public static bool IsSameOrigin(string origin, string scheme, string authority)
    {
        int hostStart = scheme.Length + 3;
        if (origin.Length <= hostStart || !origin.StartsWith(scheme, StringComparison.Ordinal) || origin.AsSpan(scheme.Length, 3) is not "://")
        {
            return false;
        }

        ReadOnlySpan<char> host = origin.AsSpan(hostStart);
        if (HasPort(host))
        {
            return host.SequenceEqual(authority);
        }

        string port = PortOf(scheme);
        return authority.Length == host.Length + port.Length && authority.AsSpan().StartsWith(host) && authority.EndsWith(port, StringComparison.Ordinal);
    }

    private static string PortOf(string scheme) => scheme == "https" ? ":443" : ":80";

    // An IPv6 literal has colons of its own: [::1] has no port, [::1]:80 has one.
    private static bool HasPort(ReadOnlySpan<char> host) => host.LastIndexOf(':') > host.LastIndexOf(']');
}
