namespace Sluice.EmbeddedKafka.Wire;

/// <summary>What a connection fetches again and again, so that it need only say what changes and hears only what is new.</summary>
/// <remarks>One per connection, dropped with it: a client that reconnects starts over, as it does after any error. Spec: KIP-227.</remarks>
internal sealed class FetchSession(int id)
{
    /// <summary>10,000 partitions, all that a broker may have.</summary>
    public const int PartsMax = 10_000;

    private static int _lastId;

    private readonly Dictionary<(string Name, Guid TopicId, int Partition), FetchPart> _byKey = [];

    public int Id { get; } = id;

    /// <summary>The epoch the next request must carry: 1, 2, … and after the greatest number 1 again.</summary>
    public int NextEpoch { get; private set; } = 1;

    /// <summary>In the order they are served; whoever got records goes to the end.</summary>
    public List<FetchPart> Parts { get; private set; } = [];

    public static FetchSession? TryOpen(List<FetchPart> parts)
    {
        if (parts.Count is 0 or > PartsMax)
        {
            return null;
        }

        var session = new FetchSession((Interlocked.Increment(ref _lastId) & int.MaxValue) | 1);
        session.Add(parts);
        return session;
    }

    /// <summary>Takes in what a request changes; false when the session would grow too large.</summary>
    public bool TryUpdate(FetchQuery query)
    {
        NextEpoch = NextEpoch == int.MaxValue ? 1 : NextEpoch + 1;
        foreach (var key in query.Forgotten)
        {
            if (_byKey.Remove(key, out var gone))
            {
                Parts.Remove(gone);
            }
        }

        Add(query.Parts);
        return Parts.Count <= PartsMax;
    }

    /// <summary>Lets the partitions that had nothing go first the next time.</summary>
    public void Rotate(HashSet<FetchPart> served)
    {
        if (served.Count > 0 && served.Count < Parts.Count)
        {
            Parts = [.. Parts.Where(part => !served.Contains(part)), .. Parts.Where(served.Contains)];
        }
    }

    private void Add(List<FetchPart> parts)
    {
        foreach (var part in parts)
        {
            if (_byKey.TryGetValue(part.Key, out var known))
            {
                known.Update(part);
            }
            else
            {
                _byKey[part.Key] = part;
                Parts.Add(part);
            }
        }
    }
}
