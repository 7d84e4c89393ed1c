namespace Sluice.EmbeddedKafka.Wire;

/// <summary>IncrementalAlterConfigs: each setting is set, reset, or for lists added to and taken from.</summary>
internal sealed class IncrementalAlterConfigs() : Api(ApiKey.IncrementalAlterConfigs, 0, 1, flexibleFrom: 1)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply) => ConfigChange.Handle(request, isIncremental: true, reply);
}
