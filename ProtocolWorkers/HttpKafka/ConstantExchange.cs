using Sluice.Frames;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Answers without asking Kafka, and drops the request's body.</summary>
internal sealed class ConstantExchange(byte[] response) : StreamHandler
{
    private const int BodyWindowBytes = 64 * 1024; // Dropped at once, so two slots keep the sender going.

    public override void OnBegin(in BeginFrame frame)
    {
        Port.SendWindow(BodyWindowBytes);
        Port.SendBegin(response);
        Port.SendEnd();
    }
}
