using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using Sluice.ProtocolWorkers.Cache;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>A cache_client between scripted mappings and a scripted cache_server with real segments in a directory of its own.</summary>
/// <remarks>Dispose lets the topics linger out and fails the test on a leaked stream.</remarks>
internal sealed class CacheBed : IDisposable
{
    public const long ClientId = 10;
    public const long ServerId = 11;

    private readonly string _root = Directory.CreateTempSubdirectory("sluice-workers-").FullName;
    private readonly CacheDirectory _directory;
    private readonly List<TopicWriter> _writers = [];

    public CacheBed(int produceWindowBytes = 64 * 1024)
    {
        _directory = CacheDirectory.Create(_root, "test");
        Server = new ScriptedBinding(extension =>
        {
            Assert.True(KafkaBeginEx.TryRead(extension, out KafkaBeginEx begin));
            bool isTopic = begin.Kind == KafkaStreamKind.Topic;
            return new ScriptedStream { WindowBytes = isTopic ? 0 : produceWindowBytes };
        });
        Binding = new CacheClientBinding(Test.Engine, new CacheClientOptions(ClientId, ServerId), NullLogger.Instance);
        Test.Engine.Attach(ClientId, Binding);
        Test.Engine.Attach(ServerId, Server);
    }

    public TestEngine Test { get; } = new("protocol-workers");

    public ScriptedBinding Server { get; }

    public CacheClientBinding Binding { get; }

    /// <summary>Streams that asked where a topic is, in order.</summary>
    public List<ScriptedStream> TopicStreams => Server.Streams.FindAll(stream => KindOf(stream) == KafkaStreamKind.Topic);

    /// <summary>Reads that were passed on, in order.</summary>
    public List<ScriptedStream> FetchStreams => Server.Streams.FindAll(stream => KindOf(stream) == KafkaStreamKind.Merged);

    /// <summary>Produce streams, in order.</summary>
    public List<ScriptedStream> ProduceStreams => Server.Streams.FindAll(stream => KindOf(stream) == KafkaStreamKind.Produce);

    public TopicWriter CreateTopic(int partitions = 1, bool isCompacted = true, SegmentOptions? options = null)
    {
        TopicWriter writer = _directory.CreateTopic("items", partitions, isCompacted, options);
        _writers.Add(writer);
        return writer;
    }

    /// <summary>Appends at the partition's end, as fetched from a broker that has no more than that.</summary>
    public static void Append(TopicWriter topic, int partition, string? key, string? value, params string[] headers)
    {
        long offset = topic[partition].NextOffset;
        var fields = new HeaderFieldsBuffer();
        foreach (string header in headers)
        {
            int equals = header.IndexOf('=');
            fields.Add(header[..equals], Encoding.UTF8.GetBytes(header[(equals + 1)..]), isNull: false);
        }

        topic[partition].Append(new NewRecord
        {
            Offset = offset,
            TimestampMs = 1000 + offset,
            Key = Encoding.UTF8.GetBytes(key ?? ""),
            IsKeyNull = key is null,
            Value = Encoding.UTF8.GetBytes(value ?? ""),
            IsValueNull = value is null,
            HeaderCount = fields.Count,
            HeaderFields = fields.Fields,
        });
        topic.RaiseLatestOffset(partition, offset);
    }

    /// <summary>The cache_server says where the topic is.</summary>
    public void Announce(TopicWriter topic)
    {
        ScriptedStream stream = TopicStreams[^1];
        stream.Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, topic.IsCompacted, topic.Path, default));
        Test.TurnUntilIdle();
    }

    /// <summary>The cache_server says that the topic moved.</summary>
    public void Moved()
    {
        TopicStreams[^1].Port.SendFlush(KafkaFlushEx.WriteAdvanced(ExtensionWriter.Scratch));
        Test.TurnUntilIdle();
    }

    /// <summary>The process of the cache_server dies.</summary>
    public void Lose()
    {
        TopicStreams[^1].Port.Close(CloseReason.PeerLost);
        Test.TurnUntilIdle();
    }

    /// <summary>Opens a fetch.</summary>
    public FetchPeer Fetch(
        bool isBounded = true, long[]? starts = null, string? key = null, (string? Key, string[] Headers)[]? filters = null,
        FetchPeer? peer = null, PartitionOffset[]? exactStarts = null, string topic = "items", PartitionOffset[]? ends = null)
    {
        filters ??= key is null ? [] : [(key, [])];
        var writer = new KafkaFilterWriter(new byte[4096]);
        foreach ((string? filterKey, string[] headers) in filters)
        {
            writer.OpenFilter();
            if (filterKey is not null)
            {
                writer.AddKey(filterKey);
            }

            foreach (string header in headers)
            {
                int equals = header.IndexOf('=');
                writer.AddHeader(header.AsSpan(0, equals), header.AsSpan(equals + 1));
            }
        }

        exactStarts ??= [.. (starts ?? []).Select((offset, partition) => new PartitionOffset(partition, offset))];
        peer ??= new FetchPeer();
        ReadOnlySpan<byte> extension = KafkaBeginEx.WriteMergedFetch(
            ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic), isBounded, exactStarts, filters.Length == 0 ? default : writer.Written, ends);
        Test.Engine.Open(peer, originId: 1, ClientId, extension);
        peer.Port.SendEnd();
        Test.TurnUntilIdle();
        return peer;
    }

    /// <summary>Opens a produce.</summary>
    public ScriptedStream Produce(KafkaAcks acks = KafkaAcks.InSyncReplicas, string topic = "items")
    {
        var mapping = new ScriptedStream { WindowBytes = 4096 };
        Test.Engine.Open(mapping, originId: 1, ClientId, KafkaBeginEx.WriteMergedProduce(ExtensionWriter.Scratch, Encoding.UTF8.GetBytes(topic), acks));
        Test.TurnUntilIdle();
        return mapping;
    }

    /// <summary>The metadata of a record to produce.</summary>
    public static byte[] Metadata(string? key, int partition = -1)
    {
        ExtensionWriter writer = KafkaDataEx.WriteProduce(ExtensionWriter.Scratch, partition);
        if (key is null)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteString(key);
        }

        writer.OpenHeaders();
        writer.AddHeader("h"u8, "1"u8);
        writer.CloseHeaders();
        return writer.Written.ToArray();
    }

    public void Dispose()
    {
        if (!Test.IsLenient)
        {
            Test.Advance(6_000); // Nobody waits longer for a cache that is gone.
            Test.Advance(31_000);
        }

        try
        {
            Test.Dispose();
            Assert.True(Test.IsLenient || Binding.TopicCount == 0, "topics are closed after their linger");
        }
        finally
        {
            Binding.Dispose();
            _writers.ForEach(writer => writer.Dispose());
            _directory.Dispose();
            Directory.Delete(_root, recursive: true);
        }
    }

    private static KafkaStreamKind KindOf(ScriptedStream stream) =>
        KafkaBeginEx.TryRead(stream.BeginExtension, out KafkaBeginEx begin) ? begin.Kind : 0;
}
