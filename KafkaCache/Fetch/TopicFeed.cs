using Sluice.Frames;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Where a topic can be read, from one epoch of it.</summary>
internal sealed record TopicPlace(string Path, bool IsCompacted, int PartitionCount);

/// <summary>Carries news of one topic to one engine: however often the fetch thread tells, one pass over the followers a turn.</summary>
internal sealed class TopicFeed(string topic, FrameEngine engine, Action<TopicFeed> onMoved)
{
    private readonly SendOrPostCallback _onPost = static state => ((TopicFeed)state!).OnPost();
    private TopicPlace? _place;
    private int _error;
    private int _isPosted;
    private bool _isScheduled;

    public string Topic { get; } = topic;

    /// <summary>Where it is read; null until it is known, and between two epochs.</summary>
    public TopicPlace? Place => Volatile.Read(ref _place);

    /// <summary>The Kafka error that keeps the topic from being read, 0 for none.</summary>
    public int Error => Volatile.Read(ref _error);

    /// <summary>Fetch thread: something moved.</summary>
    public void Tell(TopicPlace? place, int error)
    {
        Volatile.Write(ref _error, error);
        Volatile.Write(ref _place, place);
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            engine.Post(_onPost, this);
        }
    }

    // At the end of this turn, with whatever else is told until then.
    private void OnPost()
    {
        Interlocked.Exchange(ref _isPosted, 0);
        if (!_isScheduled)
        {
            _isScheduled = true;
            engine.Schedule(0, static state => ((TopicFeed)state!).OnTurnEnd(), this);
        }
    }

    private void OnTurnEnd()
    {
        _isScheduled = false;
        onMoved(this);
    }
}
