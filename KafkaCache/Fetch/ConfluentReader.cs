using Confluent.Kafka;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Reads with librdkafka: one consumer, partitions assigned by hand, no group, nothing committed.</summary>
/// <remarks>
/// librdkafka decompresses, follows leaders and, in read_committed, leaves aborted and control records out, so what arrives is what
/// readers may see (config-kafka §2.6). Keys and values are copied once, from its memory into a buffer that is reused.
/// </remarks>
internal sealed class ConfluentReader : IBrokerReader
{
    private const int QueueKBytesMax = 16 * 1024;     // Read ahead of the fetch thread, per cache.
    private const int FetchBytesMax = 16 * 1024 * 1024;

    private readonly IConsumer<Field, Field> _consumer;
    private readonly ConfluentDescriber _describer;
    private readonly ConfluentEnds _ends;
    private readonly Field _key = new();
    private readonly Field _value = new();
    private readonly HeaderFieldsBuffer _headers = new();
    private IFetchSink? _sink;

    public ConfluentReader(string cache, string servers, string clientId, ILogger logger)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = servers,
            ClientId = clientId,
            GroupId = "sluice-cache", // Required by the library; the group is never joined.
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Earliest, // Out of range: from the earliest there is (config-kafka §2.9 rule 2).
            AllowAutoCreateTopics = false,
            FetchWaitMaxMs = 1000, // What an idle cache costs broker and cache; also how long a topic nobody has read yet may wait for its turn.
            FetchMinBytes = 1, // A new record wakes the long poll at once.
            FetchMaxBytes = FetchBytesMax,
            MaxPartitionFetchBytes = 4 * 1024 * 1024,
            ReceiveMessageMaxBytes = SegmentSizes.RecordBytesMax + FetchBytesMax, // A limit, not a buffer: one record may be this large.
            QueuedMaxMessagesKbytes = QueueKBytesMax,
            FetchErrorBackoffMs = 100,
            FetchQueueBackoffMs = 10,
            ReconnectBackoffMs = 50,
            ReconnectBackoffMaxMs = 1000, // Recovery within 5 s of a broker's return (design.md P7).
            SocketConnectionSetupTimeoutMs = 5000,
            SocketNagleDisable = true,
            TopicMetadataRefreshIntervalMs = 30_000,
            StatisticsIntervalMs = 0,
            CancellationDelayMaxMs = 1000,
        };
        _consumer = new ConsumerBuilder<Field, Field>(config)
            .SetKeyDeserializer(_key)
            .SetValueDeserializer(_value)
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, message) => FetchLog.Library(logger, message.Name, message.Facility, message.Message))
            .Build();
        _describer = new ConfluentDescriber(_consumer.Handle, cache, logger);
        _ends = new ConfluentEnds(servers, clientId, reason => FetchLog.EndsUnknown(logger, cache, reason));
    }

    public void Assign(string topic, IReadOnlyList<(int Partition, long Offset)> partitions) =>
        _consumer.IncrementalAssign(partitions.Select(start => new TopicPartitionOffset(topic, start.Partition, start.Offset switch
        {
            FetchStart.Earliest => Offset.Beginning,
            FetchStart.Latest => Offset.End,
            _ => new Offset(start.Offset),
        })));

    public void Unassign(string topic, int partitionCount)
    {
        TopicPartition[] assigned = [.. _consumer.Assignment.Where(entry => entry.Topic == topic && entry.Partition.Value < partitionCount)];
        if (assigned.Length > 0)
        {
            _consumer.IncrementalUnassign(assigned);
        }
    }

    public bool Poll(int timeoutMs, IFetchSink sink)
    {
        _sink = sink;
        try
        {
            ConsumeResult<Field, Field>? result = _consumer.Consume(timeoutMs);
            if (result is null)
            {
                return false;
            }

            if (result.IsPartitionEOF)
            {
                sink.OnPartitionEnd(result.Topic, result.Partition.Value, result.Offset.Value);
            }
            else
            {
                Tell(result, sink);
            }
        }
        catch (ConsumeException exception)
        {
            TopicPartitionOffset place = exception.ConsumerRecord.TopicPartitionOffset;
            sink.OnPartitionError(place.Topic ?? "", place.Partition.Value, exception.Error.Reason);
        }

        return true;
    }

    public long HighWatermark(string topic, int partition)
    {
        long high = _consumer.GetWatermarkOffsets(new TopicPartition(topic, partition)).High.Value;
        return high < 0 ? -1 : high;
    }

    public Task<TopicDescription> DescribeAsync(string topic) => _describer.DescribeAsync(topic);

    public Task<IReadOnlyDictionary<int, long>> EndsAsync(string topic, int partitionCount) => _ends.AskAsync(topic, partitionCount);

    public void Dispose()
    {
        _ends.Dispose();
        _describer.Dispose();
        _consumer.Close();
        _consumer.Dispose();
    }

    private void Tell(ConsumeResult<Field, Field> result, IFetchSink sink)
    {
        _headers.Clear();
        foreach (IHeader header in result.Message.Headers ?? [])
        {
            byte[]? value = header.GetValueBytes();
            _headers.Add(header.Key, value, value is null);
        }

        sink.OnRecord(result.Topic, result.Partition.Value, new NewRecord
        {
            Offset = result.Offset.Value,
            TimestampMs = result.Message.Timestamp.UnixTimestampMs,
            Key = _key.Bytes,
            IsKeyNull = _key.IsNull,
            Value = _value.Bytes,
            IsValueNull = _value.IsNull,
            HeaderCount = _headers.Count,
            HeaderFields = _headers.Fields,
        });
        _value.Trim();
    }

    private void OnError(Error error)
    {
        if (error.Code is ErrorCode.Local_AllBrokersDown)
        {
            _sink?.OnBrokersLost(error.Reason);
        }
    }

    /// <summary>The key or value of the record at hand, in a buffer that is used again for the next.</summary>
    private sealed class Field : IDeserializer<Field>
    {
        private const int KeptBytesMax = 1024 * 1024;

        private byte[] _buffer = new byte[4096];
        private int _length;

        public bool IsNull { get; private set; }

        public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

        public Field Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            if (_buffer.Length < data.Length)
            {
                _buffer = new byte[data.Length];
            }

            data.CopyTo(_buffer);
            _length = data.Length;
            IsNull = isNull;
            return this;
        }

        public void Trim()
        {
            if (_buffer.Length > KeptBytesMax)
            {
                _buffer = new byte[4096];
                _length = 0;
            }
        }
    }
}
