using Microsoft.Extensions.Primitives;

namespace Sluice.Edge.Http;

/// <summary>Headers that mean this connection and end with it (RFC 9110 §7.6.1).</summary>
internal static class HttpHopByHop
{
    /// <summary>Headers of a request that are used up here. <c>host</c> has become <c>:authority</c>, <c>expect</c> is answered here; <c>te</c> passes.</summary>
    public static bool IsConsumed(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("host"u8),
        6 => name.SequenceEqual("expect"u8),
        _ => IsConnection(name),
    };

    /// <summary>Headers that neither a request nor a response carries on.</summary>
    public static bool IsConnection(ReadOnlySpan<byte> name) => name.Length switch
    {
        7 => name.SequenceEqual("upgrade"u8),
        10 => name.SequenceEqual("connection"u8) || name.SequenceEqual("keep-alive"u8),
        14 => name.SequenceEqual("http2-settings"u8),
        16 => name.SequenceEqual("proxy-connection"u8),
        17 => name.SequenceEqual("transfer-encoding"u8),
        _ => false,
    };

    /// <summary>True when the client's <c>connection</c> header names this header, which then ends here too.</summary>
    public static bool IsNominated(StringValues connection, string name)
    {
        foreach (string? value in connection)
        {
            if (value is null || value.Length < name.Length)
            {
                continue;
            }

            foreach (Range token in value.AsSpan().Split(','))
            {
                if (value.AsSpan(token).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return !name.Equals("te", StringComparison.OrdinalIgnoreCase);
                }
            }
        }

        return false;
    }
}
