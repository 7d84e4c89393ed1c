using Sluice.Frames;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Answers without asking Kafka, and drops the request's body.</summary>
internal sealed class ConstantExchange(byte[] response) : StreamHandler
{
    /// <summary>Window for a body that nobody wants: dropped at once, so two slots keep the sender going.</summary>
    public const int DroppedBodyWindowBytes = 64 * 1024;

    public override void OnBegin(in BeginFrame frame)
    {
        Port.SendWindow(DroppedBodyWindowBytes);
        Port.SendBegin(response);
        Port.SendEnd();
    }
}
