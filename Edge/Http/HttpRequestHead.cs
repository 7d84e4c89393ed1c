using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sluice.Edge.Http;

/// <summary>A request as routes see it: four pseudo headers, then what the client sent.</summary>
/// <param name="Scheme"><c>http</c>, or <c>https</c> behind TLS.</param>
/// <param name="Method">In capitals.</param>
/// <param name="Path">With the query.</param>
/// <param name="Authority">With a port.</param>
/// <param name="Headers">All others.</param>
internal readonly record struct HttpRequestHead(string Scheme, string Method, string Path, string Authority, IHeaderDictionary Headers)
{
    /// <summary>The values of a header by its lower-case name; none when it is absent.</summary>
    public StringValues Find(string name) => name switch
    {
        ":path" => Path,
        ":method" => Method,
        ":authority" => Authority,
        ":scheme" => Scheme,
        _ => Headers[name],
    };

    /// <summary>A repeated header as one value: cookies as the browser would have sent them, others as a list (RFC 9110 §5.3, RFC 9113 §8.2.3).</summary>
    public static string Join(string name, StringValues values) => values.Count == 1
        ? values[0] ?? ""
        : string.Join(name.Equals("cookie", StringComparison.OrdinalIgnoreCase) ? "; " : ", ", values.ToArray());
}
