namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Older versions of the transaction requests do not know PRODUCER_FENCED.</summary>
internal static class TxnErrors
{
    public static ErrorCode For(ErrorCode error, bool knowsFenced) =>
        error == ErrorCode.ProducerFenced && !knowsFenced ? ErrorCode.InvalidProducerEpoch : error;
}
