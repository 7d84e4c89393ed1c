using System.Globalization;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Responses that never vary, encoded once.</summary>
internal static class HttpResponses
{
    /// <summary>Written, as far as the route's acks ask for (config-kafka §4.3 rule 4).</summary>
    public static readonly byte[] NoContent = Encode(204, hasLength: false);

    /// <summary>Kafka refused the record (§4.3 rule 5).</summary>
    public static readonly byte[] BadRequest = Encode(400);

    /// <summary>No record, or a deleted one (§4.8).</summary>
    public static readonly byte[] NotFound = Encode(404);

    /// <summary>The record is larger than the topic, or a frame, takes.</summary>
    public static readonly byte[] TooLarge = Encode(413);

    /// <summary>Kafka refused the read (§4.8).</summary>
    public static readonly byte[] ServerError = Encode(500);

    /// <summary>Kafka could not take the record now, or did not acknowledge it in the time configured.</summary>
    public static readonly byte[] Unavailable = Encode(503);

    private static byte[] Encode(int status, bool hasLength = true)
    {
        ExtensionWriter writer = HttpEx.Write(stackalloc byte[128]);
        writer.AddHeader(":status"u8, status.ToString(CultureInfo.InvariantCulture));
        if (hasLength)
        {
            writer.AddHeader("content-length"u8, "0"u8);
        }

        writer.CloseHeaders();
        return writer.Written.ToArray();
    }
}
