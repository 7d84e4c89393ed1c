namespace Sluice.KafkaCache.Fetch;

/// <summary>Who is told about a topic, and what was told last. Engines come and go, the fetch thread tells; a lock that nobody holds long.</summary>
internal sealed class TopicFollowers(bool isBootstrap)
{
    private readonly Lock _lock = new();
    private readonly List<TopicFeed> _feeds = [];
    private TopicPlace? _place;
    private int _error;
    private long _idleSinceMs = -1;
    private bool _isDropped;

    /// <summary>Where the topic is read, as told last; null for nowhere.</summary>
    public TopicPlace? Place => Volatile.Read(ref _place);

    /// <summary>Tells a feed from now on.</summary>
    /// <returns>False when the topic has just been dropped: ask for it anew.</returns>
    public bool TryAdd(TopicFeed feed)
    {
        lock (_lock)
        {
            if (_isDropped)
            {
                return false;
            }

            _feeds.Add(feed);
            _idleSinceMs = -1;
            if (_place is not null || _error != 0)
            {
                feed.Tell(_place, _error);
            }

            return true;
        }
    }

    /// <summary>Stops telling a feed.</summary>
    public void Remove(TopicFeed feed, long nowMs)
    {
        lock (_lock)
        {
            _feeds.Remove(feed);
            _idleSinceMs = _feeds.Count == 0 && !isBootstrap ? nowMs : -1;
        }
    }

    /// <summary>Lets nobody in any more, when nobody was here for a time. Never for a topic of the bootstrap list.</summary>
    public bool TryDrop(long nowMs, long idleMsMax)
    {
        lock (_lock)
        {
            _isDropped |= _idleSinceMs >= 0 && nowMs - _idleSinceMs >= idleMsMax;
            return _isDropped;
        }
    }

    /// <summary>Tells all that something moved, and where the topic is read.</summary>
    public void Tell(TopicPlace? place)
    {
        lock (_lock)
        {
            Volatile.Write(ref _place, place);
            TellAll();
        }
    }

    /// <summary>Tells all the Kafka error that keeps the topic from being read, 0 for none; silent when that is no news.</summary>
    public void TellError(int error)
    {
        lock (_lock)
        {
            if (error != _error)
            {
                _error = error;
                TellAll();
            }
        }
    }

    private void TellAll()
    {
        foreach (TopicFeed feed in _feeds)
        {
            feed.Tell(_place, _error);
        }
    }
}
