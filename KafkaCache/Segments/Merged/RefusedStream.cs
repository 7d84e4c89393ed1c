using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>Refuses a stream with a reason, which "no route" would not say, and a Kafka error if there is one.</summary>
public sealed class RefusedStream(CloseReason reason, int? error = null) : StreamHandler
{
    /// <inheritdoc/>
    public override void OnBegin(in BeginFrame frame) =>
        Port.SendReset(reason, error is int code ? KafkaCloseEx.Write(ExtensionWriter.Scratch, code) : default);
}
