namespace Sluice.Edge.Http;

/// <summary>The methods that are served (config-core §3.3).</summary>
internal static class HttpMethods
{
    /// <summary>200 to go on, 501 for a method nobody knows, 400 for one that is not in capitals.</summary>
    public static int Check(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" => 200,
        _ => method.AsSpan().ContainsAnyInRange('a', 'z') ? 400 : 501,
    };
}
