using System.Diagnostics.Metrics;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>What the broker counts, under the meter "Sluice.EmbeddedKafka".</summary>
internal static class BrokerMetrics
{
    private static readonly Meter Meter = new("Sluice.EmbeddedKafka");

    /// <summary>Requests answered, by API.</summary>
    public static readonly Counter<long> Requests = Meter.CreateCounter<long>("sluice.embedded_kafka.requests", "{request}", "Requests served");

    /// <summary>Bytes of all requests and answers, by direction.</summary>
    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>("sluice.embedded_kafka.bytes", "By", "Bytes received and sent");

    /// <summary>Connections closed because of what the peer sent.</summary>
    public static readonly Counter<long> Malformed =
        Meter.CreateCounter<long>("sluice.embedded_kafka.malformed", "{connection}", "Connections closed for what they sent");

    /// <summary>Connections open now.</summary>
    public static readonly UpDownCounter<long> Connections =
        Meter.CreateUpDownCounter<long>("sluice.embedded_kafka.connections", "{connection}", "Open connections");

    private static readonly KeyValuePair<string, object?> Received = new("direction", "received"), Sent = new("direction", "sent");

    public static void Served(Wire.Api api, int receivedBytes, int sentBytes)
    {
        if (Requests.Enabled)
        {
            Requests.Add(1, new KeyValuePair<string, object?>("api", api.Key.ToString()));
            Bytes.Add(receivedBytes, Received);
            Bytes.Add(sentBytes, Sent);
        }
    }
}
