using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>What a client hears when Kafka refuses (config-kafka §4.3 rule 5).</summary>
/// <remarks>
/// 400 is for what is wrong with the record. No client can depend on it for a size, of which 413 says more, nor for a broker that may
/// take the same record in a moment: that is 503.
/// </remarks>
internal static class KafkaRefusal
{
    // Errors that Kafka calls retriable (config-kafka §2.8 rule 7), ascending; whoever passes one on has given up trying again.
    private static ReadOnlySpan<int> Retriable =>
        [2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 74, 75, 78, 80, 88, 89, 100, 103, 106];

    /// <summary>The answer to a refused produce.</summary>
    /// <param name="error">Kafka's error code; null when there is none.</param>
    public static byte[] OfProduce(int? error) => error switch
    {
        KafkaErrors.MessageTooLarge or KafkaErrors.RecordListTooLarge => HttpResponses.TooLarge,
        int code when Retriable.BinarySearch(code) >= 0 => HttpResponses.Unavailable,
        _ => HttpResponses.BadRequest,
    };
}
