using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Produce;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Client;

/// <summary>The <c>kafka client</c> binding: writes what produce streams carry to the brokers (config-kafka §2.2, §2.8).</summary>
/// <remarks>Fetching does not come this way: the cache reads from the same brokers with a consumer of its own.</remarks>
internal sealed class KafkaClientBinding(ProduceScope scope) : IBinding
{
    public bool IsHelper => true; // Requests that were let in elsewhere finish with it; records have a budget of their own.

    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!KafkaBeginEx.TryRead(begin.Extension, out KafkaBeginEx kafka) || kafka.Kind != KafkaStreamKind.Produce
            || kafka.Partition < -1 || !Enum.IsDefined(kafka.Acks))
        {
            return null;
        }

        return TopicName.IsValid(kafka.Topic)
            ? new ProduceStream(scope, Encoding.UTF8.GetString(kafka.Topic), kafka.Partition, kafka.Acks)
            : new RefusedStream(CloseReason.Refused, TopicName.InvalidTopicError);
    }
}
