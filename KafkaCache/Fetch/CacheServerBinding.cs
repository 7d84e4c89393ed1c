using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Client;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>The <c>kafka cache_server</c> binding: tells readers where topics are cached, and passes records on to the client.</summary>
internal sealed class CacheServerBinding(FrameEngine engine, long id, long clientId, FetchLoop fetch) : IBinding
{
    private readonly Dictionary<string, Followers> _topics = new(StringComparer.Ordinal);

    public bool IsHelper => true; // Requests that were let in elsewhere finish with it.

    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!KafkaBeginEx.TryRead(begin.Extension, out KafkaBeginEx kafka) || kafka.Kind is not (KafkaStreamKind.Topic or KafkaStreamKind.Produce))
        {
            return null;
        }

        string topic = Encoding.UTF8.GetString(kafka.Topic);
        if (!CacheDirectory.IsTopicName(topic))
        {
            return new RefusedStream(RefusedStream.InvalidTopic);
        }

        return kafka.Kind == KafkaStreamKind.Topic ? new TopicStream(this, topic) : new ProduceRelay(fetch, topic, id, clientId);
    }

    private void Join(TopicStream stream)
    {
        if (!_topics.TryGetValue(stream.Topic, out Followers? followers))
        {
            followers = new Followers(new TopicFeed(stream.Topic, engine, OnMoved));
            if (!fetch.TryFollow(followers.Feed))
            {
                stream.Port.SendReset(CloseReason.LimitExceeded);
                return;
            }

            _topics.Add(stream.Topic, followers);
        }

        followers.Streams.Add(stream);
        stream.Tell(followers.Feed, isNews: false);
    }

    private void Leave(TopicStream stream)
    {
        if (_topics.TryGetValue(stream.Topic, out Followers? followers) && followers.Streams.Remove(stream) && followers.Streams.Count == 0)
        {
            _topics.Remove(stream.Topic);
            fetch.Unfollow(followers.Feed);
        }
    }

    private void OnMoved(TopicFeed feed)
    {
        if (_topics.TryGetValue(feed.Topic, out Followers? followers) && followers.Feed == feed)
        {
            for (int i = followers.Streams.Count - 1; i >= 0; i--)
            {
                followers.Streams[i].Tell(feed, isNews: true);
            }
        }
    }

    private sealed record Followers(TopicFeed Feed)
    {
        public List<TopicStream> Streams { get; } = [];
    }

    /// <summary>Tells one reader where a topic is and when it moved. It ends when the topic is cached anew: open another then.</summary>
    private sealed class TopicStream(CacheServerBinding binding, string topic) : StreamHandler
    {
        private string? _path;

        public string Topic => topic;

        public override void OnBegin(in BeginFrame frame) => binding.Join(this);

        public override void OnEnd(in EndFrame frame) => Port.Close(CloseReason.None);

        public override void OnClosed() => binding.Leave(this);

        public void Tell(TopicFeed feed, bool isNews)
        {
            TopicPlace? place = feed.Place;
            if (_path is null && place is not null)
            {
                _path = place.Path;
                Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, place.IsCompacted, place.Path, default));
            }
            else if (_path is null)
            {
                if (feed.Error != 0)
                {
                    Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, feed.Error));
                }
            }
            else if (_path != place?.Path)
            {
                Port.SendEnd();
            }
            else if (isNews)
            {
                Port.SendFlush(KafkaFlushEx.WriteAdvanced(ExtensionWriter.Scratch));
            }
        }
    }
}
