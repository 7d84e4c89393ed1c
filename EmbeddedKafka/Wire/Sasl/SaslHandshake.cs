using Sluice.EmbeddedKafka.Sasl;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>SaslHandshake: the client names its mechanism. Version 0, after which bare tokens would follow, is told but refused.</summary>
internal sealed class SaslHandshake() : Api(ApiKey.SaslHandshake, 0, 1, flexibleFrom: short.MaxValue)
{
    public override short ServedFrom => 1;

    public override bool IsBeforeLogin => true;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        string mechanism = reader.String();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        var session = request.Peer.Sasl;
        reply.Error(session.IsIn ? ErrorCode.IllegalSaslState : session.TryChoose(mechanism) ? ErrorCode.None : ErrorCode.UnsupportedSaslMechanism);
        reply.Array(UserTable.Mechanisms.Length);
        Array.ForEach(UserTable.Mechanisms, reply.String);
        return new(Outcome.Reply);
    }
}
