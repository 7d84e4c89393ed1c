using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>Start: finish what a crash interrupted, cut torn tails, learn the producers.</summary>
internal sealed partial class PartitionLog
{
    private const string StartFile = "start-offset";

    public PartitionLog(string directory, string name, TopicConfig config, LogSettings settings)
    {
        (Directory, Name, Config, _settings) = (directory, name, config, settings);
        System.IO.Directory.CreateDirectory(directory);
        CompactionSwap.Finish(directory);
        _segments = Load();
        _endOffset = _segments[^1].NextOffset;
        _startOffset = Math.Min(Math.Max(ReadStart(), _segments[0].BaseOffset), _endOffset);
        LearnProducers();
    }

    /// <summary>Raises the lowest offset that can be read; records below it go with their segments.</summary>
    public bool TryRaiseStart(long offset)
    {
        lock (_gate)
        {
            if (offset > _endOffset || _closed)
            {
                return false;
            }

            if (offset > _startOffset)
            {
                var text = offset.ToString(System.Globalization.CultureInfo.InvariantCulture);
                AtomicFile.Write(Path.Combine(Directory, StartFile), System.Text.Encoding.ASCII.GetBytes(text));
                Volatile.Write(ref _startOffset, offset);
            }

            return true;
        }
    }

    private long ReadStart()
    {
        string path = Path.Combine(Directory, StartFile);
        return File.Exists(path) && long.TryParse(File.ReadAllText(path), out long offset) ? offset : 0;
    }

    private Segment[] Load()
    {
        var bases = new List<(long Base, string Path)>();
        foreach (string path in System.IO.Directory.GetFiles(Directory, "*.log"))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), out long baseOffset))
            {
                bases.Add((baseOffset, path));
            }
        }

        bases.Sort();
        var segments = new List<Segment>();
        bool torn = false;
        foreach (var (baseOffset, path) in bases)
        {
            if (torn)
            {
                // After a hole nothing can be served in order. The file is kept for a human to look at.
                File.Move(path, path + ".discarded", overwrite: true);
                _settings.Storage.Discarded(Name, Path.GetFileName(path));
                continue;
            }

            var segment = Segment.Open(path, baseOffset);
            long before = RandomAccess.GetLength(segment.File);
            torn = !SegmentFiles.Load(segment);
            if (torn)
            {
                _settings.Storage.Cut(Name, Path.GetFileName(path), before - segment.SizeBytes, segment.NextOffset);
            }

            segments.Add(segment);
        }

        if (segments.Count == 0)
        {
            var first = Segment.Create(Directory, ReadStart(), _settings.NowMs());
            segments.Add(first);
            if (_settings.SyncEveryBatch || Config.SyncEveryBatch)
            {
                // A new partition: its file, its folder and its topic's folder have new names.
                string topic = Path.GetDirectoryName(Path.GetFullPath(Directory))!;
                FlushName(first, Directory, topic, Path.GetDirectoryName(topic)!);
            }
        }

        return [.. segments];
    }

    private void LearnProducers()
    {
        var snapshot = ProducerSnapshot.Load(Directory);
        long from = 0;
        if (snapshot is not null && snapshot.Offset <= _endOffset)
        {
            snapshot.Restore(_producers, _aborted);
            from = snapshot.Offset;
        }

        long nowMs = _settings.NowMs();
        foreach (var segment in _segments)
        {
            if (segment.NextOffset <= from || segment.SizeBytes == 0)
            {
                continue;
            }

            using var scanner = new BatchScanner(segment.File, 0, segment.SizeBytes);
            while (scanner.MoveNext())
            {
                if (scanner.Current.BaseOffset >= from)
                {
                    Remember(scanner.Current, nowMs);
                }
            }
        }

        _oldestOpen = _producers.OldestOpen();
    }
}
