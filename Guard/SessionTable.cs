namespace Sluice.Guard;

/// <summary>
/// The sessions of one guard. A connection that presents the same credentials again finds its session; each finding counts a
/// reference, and the session ends when all are given back. Any thread may call it.
/// </summary>
internal sealed class SessionTable(int sessionsMax = SessionTable.SessionsMaxDefault)
{
    /// <summary>Sessions one guard keeps: some 200 bytes each, so at most about 200 MB for a million connected clients.</summary>
    public const int SessionsMaxDefault = 1_000_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(long Context, string Credentials), Entry> _byClient = [];
    private readonly Dictionary<long, Entry> _byId = [];
    private long _lastId;

    /// <summary>The session of a connection and its credentials, made when there is none yet.</summary>
    /// <exception cref="SessionLimitException">There is no room for another.</exception>
    public GuardSession Acquire(long context, string credentials, Func<long, GuardSession> create)
    {
        lock (_lock)
        {
            if (!_byClient.TryGetValue((context, credentials), out Entry? entry))
            {
                if (_byId.Count >= sessionsMax)
                {
                    throw new SessionLimitException(sessionsMax);
                }

                entry = new Entry((context, credentials), create(++_lastId));
                _byClient.Add(entry.Key, entry);
                _byId.Add(entry.Session.Id, entry);
            }

            entry.References++;
            return entry.Session;
        }
    }

    /// <summary>Gives a reference back.</summary>
    public void Release(long session)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(session, out Entry? entry) && --entry.References == 0)
            {
                _byId.Remove(session);
                _byClient.Remove(entry.Key);
            }
        }
    }

    /// <summary>The session, or null when it has ended.</summary>
    public GuardSession? Find(long session)
    {
        lock (_lock)
        {
            return _byId.TryGetValue(session, out Entry? entry) ? entry.Session : null;
        }
    }

    private sealed class Entry((long Context, string Credentials) key, GuardSession session)
    {
        public (long Context, string Credentials) Key { get; } = key;

        public GuardSession Session { get; } = session;

        public int References { get; set; }
    }
}
