using System.Security.Cryptography;
using System.Buffers.Binary;

namespace Sluice.KafkaCache.Segments;

/// <summary>Writes the segments of one topic: one thread appends, readers of any process follow.</summary>
/// <remarks>Made by <see cref="CacheDirectory.CreateTopic"/>. Only <see cref="RaiseLatestOffset"/> may be called from other threads.</remarks>
public sealed class TopicWriter : IDisposable
{
    private readonly WriterGate _gate = new();
    private readonly TopicState _state;
    private readonly SegmentOptions _options;
    private readonly List<PartitionWriter> _partitions = [];
    private bool _isDisposed;

    internal TopicWriter(string path, string topic, int partitionCount, bool isCompacted, long epoch, SegmentOptions options)
    {
        Path = path;
        Topic = topic;
        Epoch = epoch;
        _options = options;
        Span<byte> seed = stackalloc byte[8];
        RandomNumberGenerator.Fill(seed);

        // Twice the partitions there are now, so that a topic may grow; each slot is 128 bytes.
        int slots = Math.Max(64, partitionCount * 2);
        _state = TopicState.Create(path, topic, slots, epoch, BinaryPrimitives.ReadInt64LittleEndian(seed), isCompacted);
        TryAddPartitions(partitionCount);
        PublishPartitions();
    }

    /// <summary>The topic's directory: what a <see cref="TopicReader"/> opens.</summary>
    public string Path { get; }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>Tells this run from others of the same topic.</summary>
    public long Epoch { get; }

    /// <summary>Partitions that can be written.</summary>
    public int PartitionCount => _partitions.Count;

    /// <summary>True when the topic's cleanup policy includes compact.</summary>
    public bool IsCompacted
    {
        get => _state.IsCompacted;
        set => _state.IsCompacted = value;
    }

    /// <summary>One partition, from 0 to below <see cref="PartitionCount"/>.</summary>
    public PartitionWriter this[int partition] => _partitions[partition];

    /// <summary>Makes room for more partitions; readers see them after <see cref="PublishPartitions"/>.</summary>
    /// <returns>False when the topic has more than doubled: cache it anew.</returns>
    public bool TryAddPartitions(int partitionCount)
    {
        if (partitionCount > _state.Slots)
        {
            return false;
        }

        while (_partitions.Count < partitionCount)
        {
            _partitions.Add(new PartitionWriter(this, _state, _partitions.Count, _options));
        }

        return true;
    }

    /// <summary>Shows all partitions to readers.</summary>
    public void PublishPartitions() => _state.PartitionCount = _partitions.Count;

    /// <summary>Notes that an offset exists at the broker. Any thread; after dispose it does nothing.</summary>
    /// <returns>What <see cref="TopicSiblings.Note"/> wants to know: another number when another run has begun to keep the topic; -1 after dispose.</returns>
    public long RaiseLatestOffset(int partition, long offset)
    {
        if (!_gate.TryEnter())
        {
            return -1;
        }

        _state.RaiseLatestOffset(partition, offset);
        long siblings = _state.Siblings; // After the offset: see TopicSiblings.
        _gate.Leave();
        return siblings;
    }

    /// <summary>Tells readers that this run is over and removes its files. Readers keep what they have mapped.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _gate.Close();
        _state.Retire();
        _state.Dispose();

        foreach (PartitionWriter partition in _partitions)
        {
            partition.Unmap();
        }

        CacheDirectory.Remove(Path);
    }
}
