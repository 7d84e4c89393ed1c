namespace Sluice.Edge.Http;

/// <summary>What the first bytes of a connection say about its version.</summary>
internal enum HttpOpening
{
    /// <summary>Too few bytes to tell.</summary>
    Unknown,

    /// <summary>A start line of HTTP/1.</summary>
    Http1,

    /// <summary>The preface of HTTP/2, prior knowledge.</summary>
    Http2,
}

/// <summary>Tells HTTP/2 from HTTP/1 on clear text (RFC 9113 §3.3).</summary>
internal static class HttpPreface
{
    /// <summary>Bytes that decide: "PRI " is a method nobody may use (RFC 9113 §11.6).</summary>
    public const int Bytes = 4;

    /// <summary>Looks at the first bytes, <see cref="Bytes"/> of them at most.</summary>
    public static HttpOpening Detect(ReadOnlySpan<byte> first)
    {
        ReadOnlySpan<byte> preface = "PRI "u8; // PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
        if (first.Length >= preface.Length)
        {
            return first.StartsWith(preface) ? HttpOpening.Http2 : HttpOpening.Http1;
        }

        return preface.StartsWith(first) ? HttpOpening.Unknown : HttpOpening.Http1;
    }
}
