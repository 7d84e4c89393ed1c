using Confluent.Kafka;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>Turns librdkafka's errors into Kafka's own codes: the broker's pass through, those it makes itself are translated.</summary>
internal static class KafkaErrorCodes
{
    public static int Of(ErrorCode code) => code switch
    {
        > 0 => (int)code,
        ErrorCode.NoError => 0,
        ErrorCode.Local_MsgTimedOut or ErrorCode.Local_TimedOut or ErrorCode.Local_QueueFull or ErrorCode.Local_Transport
            or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight => KafkaErrors.RequestTimedOut,
        ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => KafkaErrors.UnknownTopicOrPartition,
        ErrorCode.Local_InvalidArg => KafkaErrors.InvalidRecord,
        _ => KafkaErrors.Unknown,
    };
}
