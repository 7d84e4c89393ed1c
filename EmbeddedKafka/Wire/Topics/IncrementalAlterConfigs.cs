namespace Sluice.EmbeddedKafka.Wire;

/// <summary>IncrementalAlterConfigs: each setting is set, reset, or for lists added to and taken from.</summary>
internal sealed class IncrementalAlterConfigs() : Api(ApiKey.IncrementalAlterConfigs, 0, 1, flexibleFrom: 1)
{
    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var reader = request.Reader();
        var changes = new List<ConfigChange>();
        for (int i = reader.Array(4); i > 0; i--)
        {
            var change = new ConfigChange(reader.Int8(), reader.String());
            for (int j = reader.Array(4); j > 0; j--)
            {
                change.Steps.Add((reader.String(), reader.Int8(), reader.NullableString()));
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

        ConfigChange.Answer(request.Broker, changes, fromScratch: false, validateOnly, reply);
        return new(Outcome.Reply);
    }
}
