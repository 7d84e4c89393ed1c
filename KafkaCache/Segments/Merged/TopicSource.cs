using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Segments;

/// <summary>Someone who reads or writes a topic and wants to hear of it.</summary>
public interface ITopicUser
{
    /// <summary>Where the topic keeps the user; the topic's own.</summary>
    int Slot { get; set; }

    /// <summary>The topic became readable, has more to read, or is read from another place (<see cref="TopicSource.Generation"/>).</summary>
    void OnTopicMoved();

    /// <summary>The cache has been gone for long: what is not mapped now will not come soon.</summary>
    void OnTopicLost();
}

/// <summary>One topic as one engine reads it from mapped segments, and who uses it. Engine thread only.</summary>
/// <remarks>
/// A new mapping (<see cref="Offer"/>) serves once it has read at least as far as the one before it, or all there is; until then the
/// old one does.
/// </remarks>
public abstract class TopicSource
{
    private readonly List<ITopicUser> _users = [];
    private TopicReader? _next;
    private PartitionOffset[] _scratch = [];

    /// <summary>Where records are read; null while nothing is mapped.</summary>
    public TopicReader? Reader { get; private set; }

    /// <summary>Changes with <see cref="Reader"/>: places in the old one mean nothing in the new one.</summary>
    public int Generation { get; private set; }

    /// <summary>Why nobody should wait for the topic any more; null while it is there, or may be in a moment.</summary>
    public CloseReason? LostReason { get; protected set; }

    /// <summary>True when records do not come from mapped segments, and will not: who reads them must go elsewhere.</summary>
    public virtual bool IsElsewhere => false;

    /// <summary>
    /// True while nobody can say what is latest: the mapped topic is retired and no other mapping is there yet, so what was acknowledged in the
    /// meantime is not noted here.
    /// </summary>
    public bool IsOutdated => _next is null && Reader is { IsRetired: true };

    /// <summary>How many use it.</summary>
    protected int UserCount => _users.Count;

    /// <summary>
    /// The last offset known to exist. While a new mapping fills up it may know more than the old one: a read must not miss what was
    /// acknowledged since.
    /// </summary>
    public long LatestOffset(int partition)
    {
        long latest = Reader![partition].LatestOffset;
        return _next is not null && partition < _next.PartitionCount ? Math.Max(latest, _next[partition].LatestOffset) : latest;
    }

    /// <summary>Room for an entry of each partition, for the moment.</summary>
    public PartitionOffset[] Scratch(int partitions) => _scratch.Length < partitions ? _scratch = new PartitionOffset[partitions] : _scratch;

    /// <summary>Tells a user from now on.</summary>
    public virtual void Join(ITopicUser user)
    {
        user.Slot = _users.Count;
        _users.Add(user);
    }

    /// <summary>Tells a user no more.</summary>
    public virtual void Leave(ITopicUser user)
    {
        ITopicUser last = _users[^1];
        _users[user.Slot] = last;
        last.Slot = user.Slot;
        _users.RemoveAt(_users.Count - 1);
    }

    /// <summary>The segments make no sense: reads them anew.</summary>
    public abstract void Reopen(string error);

    /// <summary>A record's metadata is larger than a frame may be; it is left out.</summary>
    public abstract void OnRecordLeftOut(int partition, long offset, long bytes);

    /// <summary>Lets go of what is mapped.</summary>
    public void Unmap()
    {
        Reader?.Dispose();
        _next?.Dispose();
        Reader = _next = null;
    }

    /// <summary>A new mapping of the topic; serves at once or when it is ready. All users are told: writers need not wait for readers.</summary>
    protected void Offer(TopicReader reader)
    {
        _next?.Dispose();
        _next = reader;
        TellNews();
    }

    /// <summary>A mapping that does not serve yet never will.</summary>
    protected void DropNext()
    {
        _next?.Dispose();
        _next = null;
    }

    /// <summary>Reads from another mapping from now on, or from none.</summary>
    protected void Serve(TopicReader? reader)
    {
        Reader?.Dispose();
        Reader = reader;
        _next = null;
        Generation++;
    }

    /// <summary>More was written: maps it and tells all users.</summary>
    protected void Advance()
    {
        try
        {
            _next?.Refresh();
            Reader?.Refresh();
        }
        catch (InvalidDataException exception)
        {
            Reopen(exception.Message);
            return;
        }

        TellNews();
    }

    /// <summary>Tells all users that something moved.</summary>
    /// <remarks>Backwards: a user that leaves while it is told takes itself out, and the last one, told already, takes its place.</remarks>
    protected void TellMoved()
    {
        for (int i = _users.Count - 1; i >= 0; i--)
        {
            _users[i].OnTopicMoved();
        }
    }

    /// <summary>Tells all users that there is nothing to wait for.</summary>
    protected void TellLost(CloseReason reason)
    {
        LostReason = reason;
        for (int i = _users.Count - 1; i >= 0; i--)
        {
            _users[i].OnTopicLost();
        }
    }

    private void TellNews()
    {
        if (_next is not null && (Reader is null || HasCaughtUp(_next, Reader)))
        {
            Serve(_next);
        }

        TellMoved();
    }

    // Either it has read as far as the old one, or all there is: a topic made anew begins at 0 and never gets that far.
    private static bool HasCaughtUp(TopicReader next, TopicReader old)
    {
        for (int i = 0; i < next.PartitionCount; i++)
        {
            long cached = next[i].CachedNextOffset;
            bool isAhead = i >= old.PartitionCount || cached >= old[i].CachedNextOffset;
            if (!isAhead && cached <= next[i].LatestOffset)
            {
                return false;
            }
        }

        return true;
    }
}
