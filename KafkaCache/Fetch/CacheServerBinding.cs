using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>
/// The <c>kafka cache_server</c> binding: tells readers where topics are cached, reads for those that cannot see the files, and passes
/// records on to the client.
/// </summary>
internal sealed class CacheServerBinding(FrameEngine engine, long id, long clientId, FetchLoop fetch) : IBinding, IDisposable
{
    private readonly Dictionary<string, Followers> _topics = new(StringComparer.Ordinal);

    public bool IsHelper => true; // Requests that were let in elsewhere finish with it.

    internal long Id => id;

    internal FrameEngine Engine => engine;

    internal FetchLoop Fetch => fetch;

    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!KafkaBeginEx.TryRead(begin.Extension, out KafkaBeginEx kafka))
        {
            return null;
        }

        if (!TopicName.IsValid(kafka.Topic))
        {
            return new RefusedStream(CloseReason.Refused, TopicName.InvalidTopicError);
        }

        string topic = Encoding.UTF8.GetString(kafka.Topic);
        return (kafka.Kind, kafka.Capabilities) switch
        {
            (KafkaStreamKind.Topic, _) => new TopicStream(this, topic, kafka.HasOthers),
            (KafkaStreamKind.Produce, _) => Write(topic),
            (KafkaStreamKind.Merged, KafkaCapabilities.Fetch) => Read(topic, kafka),
            _ => null,
        };
    }

    /// <summary>Lets go of what is mapped. After the engine has stopped.</summary>
    public void Dispose()
    {
        foreach (Followers followers in _topics.Values)
        {
            followers.Reading?.Unmap();
            followers.Siblings.Dispose();
        }
    }

    /// <summary>Has the topic's news told to a follower.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="isNew">True when nobody has asked this cache for it before.</param>
    /// <returns>Null when there are too many topics.</returns>
    internal Followers? Follow(string topic, out bool isNew)
    {
        isNew = false;
        if (!_topics.TryGetValue(topic, out Followers? followers))
        {
            followers = new Followers(new TopicFeed(topic, engine, OnMoved), new TopicSiblings(fetch.Directory, topic));
            if (!fetch.TryFollow(followers.Feed, out isNew))
            {
                return null;
            }

            _topics.Add(topic, followers);
        }

        return followers;
    }

    /// <summary>Stops following when nobody on this engine uses the topic any more.</summary>
    internal void LeaveIfIdle(string topic)
    {
        if (_topics.TryGetValue(topic, out Followers? followers) && followers is { Streams.Count: 0, Writers: 0, Reading: null })
        {
            _topics.Remove(topic);
            followers.Siblings.Dispose();
            fetch.Unfollow(followers.Feed);
        }
    }

    private StreamHandler Read(string topic, in KafkaBeginEx kafka)
    {
        Followers? followers = Follow(topic, out _);
        if (followers is null)
        {
            return new RefusedStream(CloseReason.LimitExceeded);
        }

        return new MergedFetch(followers.Reading ??= new ServedTopic(this, followers), kafka);
    }

    // Who writes a topic keeps it cached: only so can others be told of what it writes.
    private StreamHandler Write(string topic) =>
        Follow(topic, out _) is Followers followers ? new ProduceRelay(this, followers, clientId) : new RefusedStream(CloseReason.LimitExceeded);

    private void OnMoved(TopicFeed feed)
    {
        if (_topics.TryGetValue(feed.Topic, out Followers? followers) && followers.Feed == feed)
        {
            for (int i = followers.Streams.Count - 1; i >= 0; i--)
            {
                followers.Streams[i].Tell(feed, isNews: true);
            }

            followers.Reading?.Follow();
        }
    }
}

/// <summary>Who uses a topic on one engine.</summary>
internal sealed record Followers(TopicFeed Feed, TopicSiblings Siblings)
{
    /// <summary>How many write it.</summary>
    public int Writers { get; set; }

    /// <summary>Those that are told where it is.</summary>
    public List<TopicStream> Streams { get; } = [];

    /// <summary>Reads for those that cannot see the files; null while there is none.</summary>
    public ServedTopic? Reading { get; set; }
}
