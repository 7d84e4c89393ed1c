using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>
/// The read side of the Kafka cache, and the way of records to it: answers the merged streams of mapping bindings from mapped segments,
/// and passes produced records to their partition (config-kafka §2.4-2.8).
/// </summary>
/// <remarks>One per engine, on that engine's thread; each engine has its own view of every topic it uses.</remarks>
public sealed class CacheClientBinding : IBinding, IDisposable
{
    private readonly Dictionary<string, TopicView> _topics = new(StringComparer.Ordinal);
    private long _cacheSeen;

    /// <summary>Puts the options to work.</summary>
    public CacheClientBinding(FrameEngine engine, CacheClientOptions options, ILogger logger)
    {
        Engine = engine;
        Options = options;
        Logger = logger;
        engine.LinksChanged += OnLinksChanged;
    }

    /// <summary>Topics that are open now.</summary>
    public int TopicCount => _topics.Count;

    internal FrameEngine Engine { get; }

    internal CacheClientOptions Options { get; }

    internal ILogger Logger { get; }

    /// <inheritdoc/>
    public bool IsHelper => true; // Mappings that were let in finish with it.

    /// <inheritdoc/>
    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!KafkaBeginEx.TryRead(begin.Extension, out KafkaBeginEx kafka) || kafka.Kind != KafkaStreamKind.Merged)
        {
            return null;
        }

        if (!TopicName.IsValid(kafka.Topic))
        {
            return new RefusedStream(CloseReason.Refused, TopicName.InvalidTopicError);
        }

        TopicView? topic = FindTopic(kafka.Topic);
        return (topic, kafka.Capabilities) switch
        {
            (null, _) => new RefusedStream(CloseReason.LimitExceeded),
            (_, KafkaCapabilities.Produce) => new MergedProduce(topic, kafka.Acks),
            (_, KafkaCapabilities.Fetch) => topic.Reader is null ? new RelayedFetch(topic, begin) : new MergedFetch(topic, kafka),
            _ => null, // Both at once is for mappings that come later.
        };
    }

    /// <summary>Unmaps every topic. After the engine has stopped.</summary>
    public void Dispose()
    {
        foreach (TopicView topic in _topics.Values)
        {
            topic.Unmap();
        }

        _topics.Clear();
    }

    /// <summary>True once this engine has had streams to more than one cache, or may have: what one acknowledged another may not know yet.</summary>
    internal bool HasSeenSeveralCaches { get; private set; }

    /// <summary>Notes where a stream goes.</summary>
    internal void NoteCache(long peer)
    {
        HasSeenSeveralCaches |= _cacheSeen != 0 && peer != 0 && peer != _cacheSeen;
        _cacheSeen = peer != 0 ? peer : _cacheSeen;
    }

    private void OnLinksChanged()
    {
        HasSeenSeveralCaches |= Engine.InstanceCount(Options.ExitId) > 1;

        foreach (TopicView topic in _topics.Values)
        {
            topic.OnLinksChanged();
        }
    }

    internal void Forget(TopicView topic) => _topics.Remove(topic.Name);

    private TopicView? FindTopic(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[TopicName.BytesMax];
        text = text[..Encoding.ASCII.GetChars(name, text)];
        if (_topics.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out TopicView? topic))
        {
            return topic;
        }

        if (_topics.Count >= Options.TopicsMax)
        {
            return null;
        }

        topic = new TopicView(this, new string(text));
        _topics.Add(topic.Name, topic);
        return topic;
    }
}
