using System.Collections.Concurrent;
using System.Text;
using Sluice.KafkaCache.Fetch;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Fetch;

/// <summary>A broker that has what the test puts into it. Its members may be called from the test's thread.</summary>
internal sealed class TestReader : IBrokerReader
{
    private readonly BlockingCollection<Action<IFetchSink>> _events = [];
    private readonly ConcurrentDictionary<(string, int), long> _ends = new();

    private int _endsAsked;

    public ConcurrentDictionary<string, TopicDescription> Topics { get; } = new();

    /// <summary>Assignments so far: <c>topic/partition@offset</c>, and <c>-topic</c> for unassigned ones.</summary>
    public ConcurrentQueue<string> Assignments { get; } = new();

    public bool IsReachable { get; set; } = true;

    public void Record(string topic, int partition, long offset, string? key, string? value)
    {
        _ends.AddOrUpdate((topic, partition), offset + 1, (_, end) => Math.Max(end, offset + 1));
        _events.Add(sink => sink.OnRecord(topic, partition, new NewRecord
        {
            Offset = offset,
            TimestampMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            Key = Encoding.UTF8.GetBytes(key ?? ""),
            IsKeyNull = key is null,
            Value = Encoding.UTF8.GetBytes(value ?? ""),
            IsValueNull = value is null,
        }));
    }

    public void End(string topic, int partition, long nextOffset)
    {
        _ends.TryAdd((topic, partition), nextOffset);
        _events.Add(sink => sink.OnPartitionEnd(topic, partition, nextOffset));
    }

    public void SetEnd(string topic, int partition, long end) => _ends[(topic, partition)] = end;

    public void LoseBrokers() => _events.Add(sink => sink.OnBrokersLost("told to"));

    public void Trouble(string topic) => _events.Add(sink => sink.OnPartitionError(topic, 0, "told to"));

    public void Assign(string topic, IReadOnlyList<(int Partition, long Offset)> partitions)
    {
        foreach ((int partition, long offset) in partitions)
        {
            Assignments.Enqueue($"{topic}/{partition}@{offset}");
        }
    }

    public void Unassign(string topic, int partitionCount) => Assignments.Enqueue("-" + topic);

    public bool Poll(int timeoutMs, IFetchSink sink)
    {
        if (!_events.TryTake(out Action<IFetchSink>? happen, timeoutMs))
        {
            return false;
        }

        happen(sink);
        return true;
    }

    public long HighWatermark(string topic, int partition) => _ends.GetValueOrDefault((topic, partition), -1);

    public Task<TopicDescription> DescribeAsync(string topic) => Task.FromResult(
        !IsReachable ? new TopicDescription(TopicLookup.Unreachable, "told to")
        : Topics.GetValueOrDefault(topic) ?? new TopicDescription(TopicLookup.Missing, "unknown here"));

    /// <summary>How often ends were asked for.</summary>
    public int EndsAsked => _endsAsked;

    /// <summary>Called when ends are asked for, before they are told.</summary>
    public Action? WhenEndsAsked { get; init; }

    public Task<IReadOnlyDictionary<int, long>> EndsAsync(string topic, int partitionCount)
    {
        Interlocked.Increment(ref _endsAsked);
        WhenEndsAsked?.Invoke();
        return Task.FromResult<IReadOnlyDictionary<int, long>>(
            _ends.Where(end => end.Key.Item1 == topic && end.Key.Item2 < partitionCount).ToDictionary(end => end.Key.Item2, end => end.Value));
    }

    public void Dispose() => _events.Dispose();
}
