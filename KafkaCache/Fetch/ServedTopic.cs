using Sluice.Frames;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>A topic that one of our own engines reads for those that share no memory with us: the same reader, on this side of the link.</summary>
internal sealed class ServedTopic : TopicSource
{
    /// <summary>How long the files stay mapped after the last read, in milliseconds: the next one finds them ready.</summary>
    private const int LingerMs = 30_000;

    private readonly CacheServerBinding _binding;
    private readonly Followers _followers;
    private EngineTimer? _linger;
    private string? _path;

    public ServedTopic(CacheServerBinding binding, Followers followers)
    {
        _binding = binding;
        _followers = followers;
        Follow();
    }

    private string Topic => _followers.Feed.Topic;

    /// <summary>The topic moved, or is read from another place.</summary>
    public void Follow()
    {
        TopicPlace? place = _followers.Feed.Place;
        if (place is null)
        {
            if (_followers.Feed.Error != 0 && Reader is null)
            {
                TellLost(CloseReason.Refused);
            }
        }
        else if (place.Path == _path)
        {
            Advance();
        }
        else
        {
            Open(place.Path);
        }
    }

    public override void Join(ITopicUser user)
    {
        base.Join(user);
        _linger?.Dispose();
        _linger = null;
    }

    public override void Leave(ITopicUser user)
    {
        base.Leave(user);
        if (UserCount == 0)
        {
            _linger = _binding.Engine.Schedule(LingerMs, static topic => ((ServedTopic)topic!).Close(), this);
        }
    }

    public override void Reopen(string error)
    {
        FetchLog.ServedUnreadable(_binding.Fetch.Logger, Topic, error);
        Serve(null);
        _path = null; // Tried again with the next news of the topic.
    }

    public override void OnRecordLeftOut(int partition, long offset, long bytes) =>
        FetchLog.RecordLeftOut(_binding.Fetch.Logger, Topic, partition, offset, bytes, FrameLayout.ExtensionBytesMax);

    private void Open(string path)
    {
        if (TopicReader.TryOpen(path, out string? error) is TopicReader reader)
        {
            _path = path;
            LostReason = null;
            Offer(reader);
        }
        else
        {
            FetchLog.ServedUnreadable(_binding.Fetch.Logger, Topic, error ?? "no reason given");
        }
    }

    private void Close()
    {
        _followers.Reading = null;
        Unmap();
        _binding.LeaveIfIdle(Topic);
    }
}
