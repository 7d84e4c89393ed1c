namespace Sluice.EmbeddedKafka.Wire;

/// <summary>InitProducerId: an id no other producer of this data directory ever had, or the one of a transactional id in a new epoch.</summary>
internal sealed class InitProducerId() : Api(ApiKey.InitProducerId, 0, 4, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string? transactionalId = reader.NullableString();
        int timeoutMs = reader.Int32();
        long knownId = request.Version >= 3 ? reader.Int64() : -1;
        short knownEpoch = request.Version >= 3 ? reader.Int16() : (short)-1;
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var (error, id, epoch) = transactionalId is null
            ? (ErrorCode.None, request.Broker.ProducerIds.Next(), (short)0)
            : request.Broker.Transactions.Init(transactionalId, timeoutMs, knownId, knownEpoch);
        if (error == ErrorCode.ProducerFenced && request.Version < 4)
        {
            error = ErrorCode.InvalidProducerEpoch;
        }

        reply.Int32(0);
        reply.Error(error);
        reply.Int64(id);
        reply.Int16(epoch);
        reply.Tags();
        return new(Outcome.Reply);
    }
}
