namespace Sluice.KafkaCache.Segments;

/// <summary>Reads the cached segments of one topic where another thread or process writes them, without locks and without copies.</summary>
/// <remarks>
/// One for each engine; not thread-safe. Views and spans stay good until the next <see cref="Refresh"/> or <see cref="Dispose"/>.
/// A file that is broken gives <see cref="InvalidDataException"/>, never a crash: every position is checked before it is used.
/// </remarks>
public sealed class TopicReader : IDisposable
{
    private readonly string _directory;
    private readonly TopicState _state;
    private readonly List<PartitionReader> _partitions = [];
    private long _changesSeen = -1;

    private TopicReader(string directory, TopicState state)
    {
        _directory = directory;
        _state = state;
        Topic = state.Topic;
        Epoch = state.Epoch;
    }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>Tells this run of the cache from others of the same topic: offsets of different epochs do not compare.</summary>
    public long Epoch { get; }

    /// <summary>True when the topic's cleanup policy includes compact. It may change while the topic is open.</summary>
    public bool IsCompacted => _state.IsCompacted;

    /// <summary>Partitions that can be read; it only grows, with <see cref="Refresh"/>.</summary>
    public int PartitionCount => _partitions.Count;

    /// <summary>
    /// True when the writer stopped or started this topic anew, or another run removed what it left. What is mapped stays readable, but nobody notes
    /// in it any more what is acknowledged: the latest offsets are out of date.
    /// </summary>
    public bool IsRetired => _state.IsRetired;

    /// <summary>One partition, from 0 to below <see cref="PartitionCount"/>.</summary>
    public PartitionReader this[int partition] => _partitions[partition];

    /// <summary>Opens the topic that a writer has put in a directory.</summary>
    /// <param name="path">The topic's directory, as the writer names it.</param>
    /// <param name="error">Why it could not be opened, for the log.</param>
    public static TopicReader? TryOpen(string path, out string? error)
    {
        TopicState? state = null;
        try
        {
            state = TopicState.Open(path);
            var reader = new TopicReader(path, state);
            reader.Refresh();
            error = null;
            return reader;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            state?.Dispose();
            error = exception.Message;
            return null;
        }
    }

    /// <summary>Maps new files and unmaps those that are no longer used. Cheap when nothing changed.</summary>
    /// <returns>True when segments, indexes or partitions changed; new records alone do not count.</returns>
    /// <exception cref="InvalidDataException">A file is broken.</exception>
    public bool Refresh()
    {
        long changes = _state.Changes;
        if (changes == _changesSeen)
        {
            return false;
        }

        _changesSeen = changes;
        int count = Math.Clamp(_state.PartitionCount, 0, _state.Slots);
        while (_partitions.Count < count)
        {
            _partitions.Add(new PartitionReader(_directory, _state, _partitions.Count));
        }

        foreach (PartitionReader partition in _partitions)
        {
            partition.Refresh();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PartitionReader partition in _partitions)
        {
            partition.Unmap();
        }

        _state.Dispose();
    }
}
