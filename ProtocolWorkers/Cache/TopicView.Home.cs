using Sluice.Frames;

namespace Sluice.ProtocolWorkers.Cache;

// Home: the one of several caches where this topic is read and written.
internal sealed partial class TopicView
{
    private long _wish;
    private TopicStream? _coming; // Opened at the new home; until it answers the old one serves.

    private long Wish => _wish != 0 ? _wish : _wish = WishOf(_nameBytes);

    /// <summary>Caches came or went, or one has answered after that: the topic may be at home elsewhere now.</summary>
    public void OnLinksChanged()
    {
        long home = Engine.HomeOf(ExitId, Wish);
        if (_stream is null && home != 0)
        {
            Open(); // There is a way: no need to wait. What fails again waits longer, until the next change of ways.
        }
        else if (IsConnected && _coming is null && home != 0 && home != Peer)
        {
            CacheLog.TopicMoves(Logger, Name);
            _coming = NewStream();
        }
    }

    // The new home has the topic: the old one is left.
    private void OnAnswered(TopicStream stream)
    {
        if (stream == _coming)
        {
            TopicStream? old = _stream;
            _stream = stream;
            _coming = null;
            _retry?.Dispose();
            old?.Port.Close(CloseReason.Cancelled);
            DropNext();
        }
    }

    // The move failed. Were the old home gone as well, its loss would have been told.
    private void OnNotComing(TopicStream stream)
    {
        if (stream == _coming)
        {
            _coming = null;
        }
    }

    private static long WishOf(ReadOnlySpan<byte> name)
    {
        ulong hash = 14695981039346656037; // FNV-1a
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return (long)(hash | 1);
    }
}
