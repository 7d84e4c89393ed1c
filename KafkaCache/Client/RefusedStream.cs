using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Client;

/// <summary>Refuses a stream with a reason, and a Kafka error if there is one.</summary>
internal sealed class RefusedStream(CloseReason reason, int? error) : StreamHandler
{
    /// <summary>Kafka's INVALID_TOPIC_EXCEPTION.</summary>
    public const int InvalidTopic = 17;

    /// <summary>Refuses with a Kafka error.</summary>
    public RefusedStream(int error) : this(CloseReason.Refused, error)
    {
    }

    /// <summary>Refuses with a reason of our own.</summary>
    public RefusedStream(CloseReason reason) : this(reason, null)
    {
    }

    public override void OnBegin(in BeginFrame frame) =>
        Port.SendReset(reason, error is int code ? KafkaCloseEx.Write(ExtensionWriter.Scratch, code) : default);
}
