using System.Text;
using System.Text.Json;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Transactions;

/// <summary>Keeps transactions durably in the compacted topic <c>__transaction_state</c>, made when the first one appears.</summary>
internal sealed class TransactionLog(TopicStore topics, TimeProvider clock)
{
    private readonly Lock _gate = new();

    public long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Dictionary<string, TransactionRecord> Load()
    {
        var found = new Dictionary<string, TransactionRecord>();
        topics.Find(TopicStore.TransactionsTopic, 0)?.Replay((scoped in RecordReader record) =>
        {
            string id = Encoding.UTF8.GetString(record.Key);
            if (record.HasValue && JsonSerializer.Deserialize<TransactionRecord>(record.Value) is { } state)
            {
                found[id] = state;
            }
            else
            {
                found.Remove(id);
            }
        });
        return found;
    }

    /// <summary>Writes a state, or with null forgets the id; the answer is what the log said.</summary>
    public ErrorCode Save(string id, TransactionRecord? state)
    {
        long nowMs = NowMs;
        var builder = new BatchBuilder(nowMs);
        builder.Add(nowMs, Encoding.UTF8.GetBytes(id), state is not null, state is null ? [] : JsonSerializer.SerializeToUtf8Bytes(state));
        return Topic()?.Append(builder.Build(), fromClient: false).Error ?? ErrorCode.KafkaStorageError;
    }

    private PartitionLog? Topic()
    {
        if (topics.Find(TopicStore.TransactionsTopic, 0) is { } log)
        {
            return log;
        }

        lock (_gate)
        {
            var config = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "16777216" };
            return topics.Create(TopicStore.TransactionsTopic, 1, config).Topic?.Partitions[0];
        }
    }
}
