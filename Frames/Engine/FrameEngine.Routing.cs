using Sluice.Frames.Links;

namespace Sluice.Frames;

// Which way a new stream takes: spread over the engines of all live peers, unless it wishes for something.
public sealed partial class FrameEngine
{
    private int _nextEnd;

    /// <summary>Called on the engine's thread when a way to another process came or went.</summary>
    public event Action? LinksChanged;

    /// <summary>
    /// The live instance where streams with this wish are at home: all engines of all processes that see the same instances name the same
    /// one, and only an instance that comes or goes moves anything. Hand it to <see cref="Open"/>.
    /// </summary>
    /// <param name="routedId">A binding of another room.</param>
    /// <param name="wish">Any number, such as the hash of a name.</param>
    /// <returns>The instance; 0 when the binding runs here or nobody runs it.</returns>
    public long HomeOf(long routedId, long wish)
    {
        if (_bindings.ContainsKey(routedId) || !_rooms.TryGetValue(routedId, out string? room))
        {
            return 0;
        }

        bool isNear = HasNear(room);
        ulong best = 0;
        long home = 0;
        foreach (LinkEnd end in _ends)
        {
            ulong score = IsWay(end, room, isNear) ? LinkPeer.Score(wish, end.Peer.Key) : 0;
            if (score > best)
            {
                best = score;
                home = end.Peer.Key;
            }
        }

        return home;
    }

    /// <summary>How many live instances run a binding of another room, as far as streams would go there.</summary>
    public int InstanceCount(long routedId)
    {
        if (_bindings.ContainsKey(routedId) || !_rooms.TryGetValue(routedId, out string? room))
        {
            return 0;
        }

        bool isNear = HasNear(room);
        int count = 0;
        for (int i = 0; i < _ends.Count; i++)
        {
            bool isFirst = IsWay(_ends[i], room, isNear);
            for (int j = 0; isFirst && j < i; j++)
            {
                isFirst = !IsWay(_ends[j], room, isNear, _ends[i].Peer.Key);
            }

            count += isFirst ? 1 : 0;
        }

        return count;
    }

    private LinkEnd FindEnd(long routedId, long affinity, long peer)
    {
        if (_bindings.ContainsKey(routedId) || !_rooms.TryGetValue(routedId, out string? room))
        {
            return _local; // Also for a binding nobody knows: this engine's own way answers RESET.
        }

        bool isNear = HasNear(room);
        return affinity != 0 ? FindHome(room, isNear, affinity, peer) : FindNext(room, isNear, peer);
    }

    private LinkEnd FindHome(string room, bool isNear, long affinity, long peer)
    {
        LinkEnd found = _local;
        ulong best = 0;
        foreach (LinkEnd end in _ends)
        {
            ulong score = IsWay(end, room, isNear, peer) ? LinkPeer.Score(affinity, end.Peer.Key + end.Peer.Engine) : 0;
            if (score > best)
            {
                best = score;
                found = end;
            }
        }

        return found;
    }

    private LinkEnd FindNext(string room, bool isNear, long peer)
    {
        int count = 0;
        foreach (LinkEnd end in _ends)
        {
            count += IsWay(end, room, isNear, peer) ? 1 : 0;
        }

        int pick = count == 0 ? -1 : (int)((uint)_nextEnd++ % (uint)count);
        foreach (LinkEnd end in _ends)
        {
            if (IsWay(end, room, isNear, peer) && pick-- == 0)
            {
                return end;
            }
        }

        return _local;
    }

    // Instances on this host are preferred as long as there is one: shared memory is quicker, and their files can be read in place.
    private bool HasNear(string room)
    {
        foreach (LinkEnd end in _ends)
        {
            if (end != _local && end.Peer.IsNear && end.Room == room)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsWay(LinkEnd end, string room, bool isNear, long peer = 0) =>
        end != _local && end.Room == room && (end.Peer.IsNear || !isNear) && (peer == 0 || end.Peer.Key == peer);
}
