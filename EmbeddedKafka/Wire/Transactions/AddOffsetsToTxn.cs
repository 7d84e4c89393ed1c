namespace Sluice.EmbeddedKafka.Wire;

/// <summary>AddOffsetsToTxn: announces the group whose offsets will be part of the transaction.</summary>
internal sealed class AddOffsetsToTxn() : Api(ApiKey.AddOffsetsToTxn, 0, 3, flexibleFrom: 3)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string id = reader.String();
        long producerId = reader.Int64();
        short epoch = reader.Int16();
        string group = reader.String();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var error = group.Length == 0 ? ErrorCode.InvalidGroupId : request.Broker.Transactions.AddGroup(id, producerId, epoch, group);
        reply.Int32(0);
        reply.Error(TxnErrors.For(error, request.Version >= 2));
        reply.Tags();
        return new(Outcome.Reply);
    }
}
