namespace Sluice.Frames;

/// <summary>The stream ends of one side of a link by conversation: open addressing with one reference a place. Engine thread.</summary>
/// <remarks>
/// A Dictionary costs some 50 bytes an entry, this 11 to 21, and a port has to be looked at anyway. Linear probing, at most three quarters full;
/// a removal moves the ones behind it up, so there are no marks of what was; it shrinks when few are left after many.
/// </remarks>
internal sealed class PortTable
{
    private const int PlacesMin = 16;

    private StreamPort?[] _places = new StreamPort?[PlacesMin];
    private int _shift = Shift(PlacesMin);

    public int Count { get; private set; }

    /// <summary>All of them, in no order. Not while it changes.</summary>
    public IEnumerable<StreamPort> Values => _places.OfType<StreamPort>();

    public void Add(StreamPort port)
    {
        if (4 * (Count + 1) > 3 * _places.Length)
        {
            Resize(2 * _places.Length);
        }

        Put(port);
        Count++;
    }

    public bool TryGetValue(long conversationId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StreamPort? port)
    {
        port = _places[Find(conversationId)];
        return port is not null;
    }

    public bool Contains(long conversationId) => _places[Find(conversationId)] is not null;

    /// <returns>False when it is not there.</returns>
    public bool Remove(StreamPort port)
    {
        int gap = Find(port.ConversationId);
        if (_places[gap] != port)
        {
            return false;
        }

        // Whoever stands behind the gap, and would rather stand there or before it, moves up; so the gap moves to the end of its run.
        int mask = _places.Length - 1;
        for (int next = (gap + 1) & mask; _places[next] is { } candidate; next = (next + 1) & mask)
        {
            if (((next - Home(candidate.ConversationId)) & mask) >= ((next - gap) & mask))
            {
                _places[gap] = candidate;
                gap = next;
            }
        }

        _places[gap] = null;
        Count--;
        if (_places.Length > PlacesMin && 8 * Count < _places.Length)
        {
            Resize(_places.Length / 2);
        }

        return true;
    }

    private static int Shift(int places) => 64 - int.Log2(places);

    // Ids are counted up, so their low bits differ: the multiplication spreads them over the high ones.
    private int Home(long conversationId) => (int)((ulong)conversationId * 0x9E3779B97F4A7C15 >> _shift);

    // Where it is, or the place where it would be.
    private int Find(long conversationId)
    {
        int mask = _places.Length - 1;
        int place = Home(conversationId);
        while (_places[place] is { } port && port.ConversationId != conversationId)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    private void Put(StreamPort port) => _places[Find(port.ConversationId)] = port;

    private void Resize(int places)
    {
        StreamPort?[] old = _places;
        _places = new StreamPort?[places];
        _shift = Shift(places);
        foreach (StreamPort? port in old)
        {
            if (port is not null)
            {
                Put(port);
            }
        }
    }
}
