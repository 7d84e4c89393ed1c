namespace Sluice.EmbeddedKafka.Wire;

/// <summary>AlterConfigs: the settings given replace all that were set on the topic.</summary>
internal sealed class AlterConfigs() : Api(ApiKey.AlterConfigs, 0, 2, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply) => ConfigChange.Handle(request, isIncremental: false, reply);
}
