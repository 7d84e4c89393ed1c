namespace Sluice.EmbeddedKafka.Wire;

/// <summary>AlterConfigs: the settings given replace all that were set on the topic.</summary>
internal sealed class AlterConfigs() : Api(ApiKey.AlterConfigs, 0, 2, flexibleFrom: 2)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var changes = new List<ConfigChange>();
        for (int i = reader.Array(4); i > 0; i--)
        {
            var change = new ConfigChange(reader.Int8(), reader.String());
            for (int j = reader.Array(3); j > 0; j--)
            {
                change.Steps.Add((reader.String(), ConfigChange.Set, reader.NullableString()));
                reader.Tags();
            }

            reader.Tags();
            changes.Add(change);
        }

        bool validateOnly = reader.Bool();
        reader.Tags();
        if (reader.Failed)
        {
            return new(Outcome.Malformed);
        }

        ConfigChange.Answer(request.Broker, changes, fromScratch: true, validateOnly, reply);
        return new(Outcome.Reply);
    }
}
