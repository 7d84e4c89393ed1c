using System.Collections.Concurrent;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>Committed offsets: in memory, and durable in the compacted topic <c>__consumer_offsets</c>.</summary>
/// <remarks>
/// Key: version i16 (1), group, topic, partition i32. Value: version i16 (3), offset i64, leader epoch i32, metadata,
/// commit time i64; a null value forgets the offset. The records are those of Apache Kafka, so its tools can read them.
/// </remarks>
internal sealed class OffsetStore
{
    /// <summary>4 KiB of metadata with an offset, as in Apache Kafka.</summary>
    public const int MetadataBytesMax = 4096;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<(string Topic, int Partition), CommittedOffset>> _groups = new();
    private readonly PartitionLog _log;
    private readonly TimeProvider _clock;

    public OffsetStore(TopicStore topics, TimeProvider clock)
    {
        _clock = clock;
        var config = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "16777216" };
        var topic = topics.Find(TopicStore.OffsetsTopic) ?? topics.Create(TopicStore.OffsetsTopic, 1, config).Topic
            ?? throw new IOException($"the topic {TopicStore.OffsetsTopic} cannot be created");
        _log = topic.Partitions[0];
        _log.Replay(Learn);
    }

    public IEnumerable<string> Groups => _groups.Keys;

    public CommittedOffset? Find(string group, string topic, int partition) =>
        _groups.TryGetValue(group, out var offsets) ? offsets.GetValueOrDefault((topic, partition)) : null;

    public IReadOnlyList<KeyValuePair<(string Topic, int Partition), CommittedOffset>> All(string group) =>
        _groups.TryGetValue(group, out var offsets) ? [.. offsets] : [];

    public bool Has(string group) => _groups.ContainsKey(group);

    /// <summary>Writes the offsets to the log, then makes them visible.</summary>
    public ErrorCode Commit(string group, IReadOnlyList<OffsetToCommit> offsets)
    {
        if (offsets.Count == 0)
        {
            return ErrorCode.None;
        }

        long nowMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var builder = new BatchBuilder(nowMs);
        using var key = new WireWriter();
        using var value = new WireWriter();
        foreach (var offset in offsets)
        {
            WriteKey(key, group, offset.Topic, offset.Partition);
            value.Reset();
            value.Int16(3);
            value.Int64(offset.Offset);
            value.Int32(offset.LeaderEpoch);
            value.String(offset.Metadata ?? "");
            value.Int64(nowMs);
            builder.Add(nowMs, key.Written.Span, true, value.Written.Span);
        }

        var error = _log.Append(builder.Build(), fromClient: false).Error;
        if (error == ErrorCode.None)
        {
            var known = _groups.GetOrAdd(group, _ => new());
            foreach (var offset in offsets)
            {
                known[(offset.Topic, offset.Partition)] = new(offset.Offset, offset.LeaderEpoch, offset.Metadata ?? "", nowMs);
            }
        }

        return error;
    }

    /// <summary>Forgets offsets of a group for good.</summary>
    public ErrorCode Forget(string group, IReadOnlyList<(string Topic, int Partition)> partitions)
    {
        if (!_groups.TryGetValue(group, out var known) || partitions.Count == 0)
        {
            return ErrorCode.None;
        }

        long nowMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var builder = new BatchBuilder(nowMs);
        using var key = new WireWriter();
        foreach (var (topic, partition) in partitions)
        {
            WriteKey(key, group, topic, partition);
            builder.Add(nowMs, key.Written.Span, false, default);
        }

        var error = _log.Append(builder.Build(), fromClient: false).Error;
        if (error == ErrorCode.None)
        {
            foreach (var partition in partitions)
            {
                known.TryRemove(partition, out _);
            }

            if (known.IsEmpty)
            {
                _groups.TryRemove(group, out _);
            }
        }

        return error;
    }

    /// <summary>A deleted topic takes its committed offsets along; one created again under its name starts anew.</summary>
    public void ForgetTopic(string topic)
    {
        foreach (var (group, offsets) in _groups)
        {
            Forget(group, [.. offsets.Keys.Where(key => key.Topic == topic)]);
        }
    }

    private static void WriteKey(WireWriter key, string group, string topic, int partition)
    {
        key.Reset();
        key.Int16(1);
        key.String(group);
        key.String(topic);
        key.Int32(partition);
    }

    private void Learn(scoped in RecordReader record)
    {
        var key = new WireReader(record.Key, flexible: false);
        short version = key.Int16();
        var (group, topic, partition) = (key.String(), key.String(), key.Int32());
        if (key.Failed || version > 1)
        {
            return;
        }

        if (!record.HasValue)
        {
            if (_groups.TryGetValue(group, out var offsets) && offsets.TryRemove((topic, partition), out _) && offsets.IsEmpty)
            {
                _groups.TryRemove(group, out _);
            }

            return;
        }

        var value = new WireReader(record.Value, flexible: false);
        value.Int16();
        var committed = new CommittedOffset(value.Int64(), value.Int32(), value.String(), value.Int64());
        if (!value.Failed)
        {
            _groups.GetOrAdd(group, _ => new())[(topic, partition)] = committed;
        }
    }
}
