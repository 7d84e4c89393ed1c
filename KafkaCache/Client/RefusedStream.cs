using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Client;

/// <summary>Refuses a stream with a Kafka error.</summary>
internal sealed class RefusedStream(int error) : StreamHandler
{
    /// <summary>Kafka's INVALID_TOPIC_EXCEPTION.</summary>
    public const int InvalidTopic = 17;

    public override void OnBegin(in BeginFrame frame) =>
        Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, error));
}
