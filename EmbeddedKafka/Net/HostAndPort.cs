using System.Globalization;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>host:port as users write it; IPv6 addresses in brackets.</summary>
internal static class HostAndPort
{
    public static (string Host, int Port)? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        int colon = text.LastIndexOf(':');
        if (colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536)
        {
            return (text[..colon].Trim('[', ']'), port);
        }

        throw ServiceStartException.Configuration($"advertised address '{text}' is not host:port");
    }
}
