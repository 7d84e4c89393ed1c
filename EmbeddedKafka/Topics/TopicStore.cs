using System.Collections.Concurrent;
using System.Text.Json;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Topics;

/// <summary>All topics of the broker: found by name or id from any thread, changed by one thread at a time.</summary>
/// <remarks>
/// <code>topics/NAME/topic.json, topics/NAME/0/00000000000000000000.log ...   deleted/ID/...   drafts/ID/...</code>
/// A topic appears and disappears by one rename, so a crash leaves it whole or not at all.
/// </remarks>
internal sealed class TopicStore : IDisposable
{
    /// <summary>Where consumer groups keep their offsets.</summary>
    public const string OffsetsTopic = "__consumer_offsets";

    /// <summary>Where transactions keep their state.</summary>
    public const string TransactionsTopic = "__transaction_state";

    /// <summary>10,000 partitions in all: each holds at least one open file and about 1 KiB of memory.</summary>
    public const int PartitionsMax = 10_000;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Topic> _byName = new();
    private readonly ConcurrentDictionary<Guid, Topic> _byId = new();
    private readonly string _directory;
    private readonly LogSettings _settings;
    private long _version;

    public TopicStore(string directory, LogSettings settings)
    {
        (_directory, _settings) = (directory, settings);
        Directory.CreateDirectory(Folder("topics"));
        Empty(Folder("deleted"));
        Empty(Folder("drafts"));
        foreach (string folder in Directory.GetDirectories(Folder("topics")))
        {
            Open(folder);
        }
    }

    /// <summary>Rises with every topic that appears, changes or goes.</summary>
    public long Version => Interlocked.Read(ref _version);

    public ICollection<Topic> All => _byName.Values;

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    public PartitionLog? Find(string name, int partition) => Find(name)?.Partition(partition);

    public static bool IsInternalName(string name) => name is OffsetsTopic or TransactionsTopic;

    /// <summary>Creates a topic, or with <paramref name="dryRun"/> says whether it could be.</summary>
    public (Topic? Topic, ErrorCode Error, string? Message) Create(
        string name, int partitions, IReadOnlyDictionary<string, string> config, bool dryRun = false)
    {
        if (TopicName.Refusal(name) is { } badName)
        {
            return (null, ErrorCode.InvalidTopic, badName);
        }

        var (parsed, refusal) = TopicConfig.Parse(config);
        if (parsed is null)
        {
            return (null, ErrorCode.InvalidConfig, refusal);
        }

        lock (_gate)
        {
            if (_byName.TryGetValue(name, out var existing))
            {
                return (existing, ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");
            }

            if (partitions < 1 || Count() + partitions > PartitionsMax)
            {
                return (null, ErrorCode.InvalidPartitions,
                    $"Topic '{name}' cannot have {partitions} partitions: at least 1, and the broker holds {PartitionsMax} in all");
            }

            if (dryRun)
            {
                return (null, ErrorCode.None, null);
            }

            try
            {
                var id = Guid.NewGuid();
                string draft = Path.Combine(Folder("drafts"), id.ToString("N"));
                Directory.CreateDirectory(draft);
                Save(draft, new TopicFile(name, id, partitions, new Dictionary<string, string>(config)));
                string folder = Path.Combine(Folder("topics"), name);
                Directory.Move(draft, folder);
                return (Open(folder), ErrorCode.None, null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return (null, ErrorCode.KafkaStorageError, e.Message);
            }
        }
    }

    public ErrorCode Delete(Topic topic)
    {
        lock (_gate)
        {
            if (!_byName.TryRemove(topic.Name, out var current))
            {
                return ErrorCode.UnknownTopicOrPartition;
            }

            _byId.TryRemove(current.Id, out _);
            Interlocked.Increment(ref _version);
            foreach (var log in current.Partitions)
            {
                log.Dispose();
            }

            try
            {
                string gone = Path.Combine(Folder("deleted"), current.Id.ToString("N"));
                Directory.Move(Path.Combine(Folder("topics"), current.Name), gone);
                Directory.Delete(gone, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // What was moved is removed at the next start; what could not be moved comes back then, and the log says so.
                _settings.Storage.Failed(current.Name, e);
            }

            return ErrorCode.None;
        }
    }

    /// <summary>Replaces a topic's settings; null when done, otherwise a sentence about what is wrong.</summary>
    public string? Configure(string name, IReadOnlyDictionary<string, string> config, bool dryRun = false)
    {
        var (parsed, refusal) = TopicConfig.Parse(config);
        if (parsed is null || dryRun)
        {
            return refusal;
        }

        lock (_gate)
        {
            if (!_byName.TryGetValue(name, out var topic))
            {
                return $"Topic '{name}' does not exist";
            }

            Replace(topic with { Config = parsed });
            foreach (var log in topic.Partitions)
            {
                log.Config = parsed;
            }

            return null;
        }
    }

    /// <summary>Adds partitions until there are <paramref name="count"/>.</summary>
    public (ErrorCode Error, string? Message) Widen(string name, int count, bool dryRun)
    {
        lock (_gate)
        {
            if (!_byName.TryGetValue(name, out var topic))
            {
                return (ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist");
            }

            int more = count - topic.Partitions.Length;
            if (more <= 0 || Count() + more > PartitionsMax)
            {
                return (ErrorCode.InvalidPartitions,
                    $"Topic '{name}' has {topic.Partitions.Length} partitions and cannot have {count}: only more, and {PartitionsMax} in all");
            }

            if (!dryRun)
            {
                string folder = Path.Combine(Folder("topics"), name);
                var added = Enumerable.Range(topic.Partitions.Length, more).Select(i => OpenLog(folder, topic.Name, i, topic.Config));
                Replace(topic with { Partitions = [.. topic.Partitions, .. added] });
            }

            return (ErrorCode.None, null);
        }
    }

    public void Close()
    {
        foreach (var log in _byName.Values.SelectMany(topic => topic.Partitions))
        {
            log.Close();
        }
    }

    public void Dispose()
    {
        foreach (var log in _byName.Values.SelectMany(topic => topic.Partitions))
        {
            log.Dispose();
        }
    }

    private static void Save(string folder, TopicFile file) =>
        AtomicFile.Write(Path.Combine(folder, TopicFile.FileName), JsonSerializer.SerializeToUtf8Bytes(file));

    private static void Empty(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
    }

    private void Replace(Topic topic)
    {
        var file = new TopicFile(topic.Name, topic.Id, topic.Partitions.Length, new Dictionary<string, string>(topic.Config.Set));
        Save(Path.Combine(Folder("topics"), topic.Name), file);
        Publish(topic);
    }

    private int Count() => _byName.Values.Sum(topic => topic.Partitions.Length);

    private string Folder(string name) => Path.Combine(_directory, name);

    private Topic Open(string folder)
    {
        var file = JsonSerializer.Deserialize<TopicFile>(File.ReadAllBytes(Path.Combine(folder, TopicFile.FileName)))!;
        var config = TopicConfig.Parse(file.Config).Config ?? TopicConfig.Default;
        var logs = Enumerable.Range(0, file.Partitions).Select(i => OpenLog(folder, file.Name, i, config)).ToArray();
        var topic = new Topic(file.Name, file.Id, config, logs, IsInternalName(file.Name));
        Publish(topic);
        return topic;
    }

    private PartitionLog OpenLog(string folder, string topic, int index, TopicConfig config)
    {
        string number = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new PartitionLog(Path.Combine(folder, number), $"{topic}-{number}", config, _settings);
    }

    private void Publish(Topic topic)
    {
        _byName[topic.Name] = topic;
        _byId[topic.Id] = topic;
        Interlocked.Increment(ref _version);
    }
}
