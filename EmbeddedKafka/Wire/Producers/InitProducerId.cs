namespace Sluice.EmbeddedKafka.Wire;

/// <summary>InitProducerId: an id no other producer of this data directory ever had.</summary>
internal sealed class InitProducerId() : Api(ApiKey.InitProducerId, 0, 4, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string? transactionalId = reader.NullableString();
        reader.Int32();
        if (request.Version >= 3)
        {
            reader.Int64();
            reader.Int16();
        }

        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        bool refused = transactionalId is not null;
        reply.Int32(0);
        reply.Error(refused ? ErrorCode.TransactionalIdAuthorizationFailed : ErrorCode.None);
        reply.Int64(refused ? -1 : request.Broker.ProducerIds.Next());
        reply.Int16((short)(refused ? -1 : 0));
        reply.Tags();
        return new(Outcome.Reply);
    }
}
