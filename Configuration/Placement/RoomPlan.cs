using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Placement;

/// <summary>Gives each binding its room: that of its type, except for the way from the Kafka client down to the socket.</summary>
internal static class RoomPlan
{
    private const int LinksMax = 8; // Kafka needs two, tls and tcp; the bound keeps an absurd chain from taking quadratic time.

    public static void Assign(IReadOnlyList<NamespaceOutline> namespaces)
    {
        Dictionary<string, BindingOutline> all = namespaces.ByName();
        foreach (BindingOutline binding in all.Values)
            binding.Room = binding.Type?.Room ?? Room.Edge;

        // tls client, then tcp client: each pass moves one more link of such a chain.
        for (int pass = 0; pass < LinksMax && MoveBelowKafka(all); pass++)
        {
        }
    }

    private static bool MoveBelowKafka(Dictionary<string, BindingOutline> all)
    {
        var sources = new Dictionary<BindingOutline, bool>(); // Value: every source so far is in KafkaCache.
        foreach (BindingOutline source in all.Values)
        {
            foreach (var exit in source.Exits())
            {
                if (all.Resolve(source.Namespace, exit.Text) is { } target)
                    sources[target] = sources.GetValueOrDefault(target, true) && DialsForKafka(source);
            }
        }

        bool moved = false;
        foreach ((BindingOutline target, bool onlyKafka) in sources)
        {
            if (!onlyKafka || target.Room == Room.KafkaCache || target.Type is not { Type: "tcp" or "tls", Kind: "client" })
                continue;
            target.Room = Room.KafkaCache;
            moved = true;
        }

        return moved;
    }

    private static bool DialsForKafka(BindingOutline source) =>
        source.Type is { Type: "kafka", Kind: "client" }
        || (source.Room == Room.KafkaCache && source.Type is { Type: "tls", Kind: "client" });
}
