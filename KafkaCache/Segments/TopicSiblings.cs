namespace Sluice.KafkaCache.Segments;

/// <summary>One topic as other runs of the same cache keep it: what is acknowledged here is noted there too, before anybody hears of it.</summary>
/// <remarks>
/// While a topic moves from one cache to another, or a cache has died, some read it in the files of the one and write it by way of the
/// other. A read waits until it sees all up to the latest offset that its file names; so that is raised in every file that may be read.
/// <code>
///   who acknowledges: latest offset here ▲ · reads "siblings" here · raises what it has found there · acknowledges
///   who begins:       makes its file · finds all others · adds one to "siblings" of each · asks the broker for ends · is read
/// </code>
/// No acknowledged offset is missing in a file that is read. Whoever acknowledges and does not see the one that was added has looked
/// before it was added (the addition is a fence), so its record was at the broker before the ends were asked for, and is among them. And
/// whoever sees it looks again and finds the file, which was there before. A file that is gone or retired when it is looked for says so
/// itself: it was marked as retired before it went, and is not read any more by whoever opens then (<see cref="TopicReader.IsRetired"/>).
/// Of two that begin at once, one finds the other's file: the later of them.
/// <para>One for each engine, not thread-safe. Files are only ever unlinked, so a mapped one of a dead run does no harm.</para>
/// </remarks>
public sealed class TopicSiblings(CacheDirectory directory, string topic) : IDisposable
{
    private readonly List<(string Path, TopicState State)> _others = [];
    private long _siblings = -1;

    /// <summary>Notes an acknowledged offset wherever else it may be looked for.</summary>
    /// <param name="siblings">What <see cref="TopicWriter.RaiseLatestOffset"/> returned for it: when it is another than the last time, or -1 since the
    /// topic is not written here at this moment, files are looked for.</param>
    /// <param name="partition">The record's partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <exception cref="IOException">A file could not be opened: do not acknowledge.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Note(long siblings, int partition, long offset)
    {
        if (siblings != _siblings || siblings < 0)
        {
            Look();
            _siblings = siblings; // As it was before the look.
        }

        foreach ((_, TopicState other) in _others)
        {
            other.RaiseLatestOffset(partition, offset);
        }
    }

    /// <summary>Unmaps all.</summary>
    public void Dispose()
    {
        _others.ForEach(other => other.State.Dispose());
        _others.Clear();
        _siblings = -1;
    }

    private void Look()
    {
        _others.RemoveAll(other =>
        {
            bool isRetired = other.State.IsRetired;
            if (isRetired)
            {
                other.State.Dispose();
            }

            return isRetired;
        });
        foreach (string path in directory.OthersOf(topic))
        {
            if (!_others.Exists(other => other.Path == path) && TopicState.TryOpenOther(path) is TopicState found)
            {
                _others.Add((path, found));
            }
        }
    }
}
