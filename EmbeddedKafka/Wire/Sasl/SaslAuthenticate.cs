namespace Sluice.EmbeddedKafka.Wire;

/// <summary>SaslAuthenticate: one step of the mechanism; who fails is told and disconnected.</summary>
internal sealed class SaslAuthenticate() : Api(ApiKey.SaslAuthenticate, 0, 2, flexibleFrom: 2)
{
    public override bool IsBeforeLogin => true;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        byte[] token = reader.Bytes();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var session = request.Peer.Sasl;
        var (error, message) = (ErrorCode.None, (string?)null);
        byte[]? answer = null;
        if (session.IsIn || !session.HasMechanism)
        {
            (error, message) = (ErrorCode.IllegalSaslState, "SaslAuthenticate follows a SaslHandshake, once");
        }
        else if ((answer = session.Answer(token)) is null)
        {
            (error, message) = (ErrorCode.SaslAuthenticationFailed, "Authentication failed: unknown user or wrong password");
        }

        reply.Error(error);
        reply.String(message);
        reply.Bytes(answer ?? []);
        if (request.Version >= 1)
        {
            reply.Int64(0);
        }

        reply.Tags();
        return new(error == ErrorCode.None ? Outcome.Reply : Outcome.ReplyAndClose);
    }
}
