namespace Sluice.EmbeddedKafka.Wire;

/// <summary>EndTxn: answered when the decision, the markers and the offsets are in the log.</summary>
internal sealed class EndTxn() : Api(ApiKey.EndTxn, 0, 3, flexibleFrom: 3)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string id = reader.String();
        long producerId = reader.Int64();
        short epoch = reader.Int16();
        bool commit = reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        reply.Int32(0);
        reply.Error(TxnErrors.For(request.Broker.Transactions.End(id, producerId, epoch, commit), request.Version >= 2));
        reply.Tags();
        return new(Outcome.Reply);
    }
}
