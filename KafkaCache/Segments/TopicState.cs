using System.Text;

namespace Sluice.KafkaCache.Segments;

/// <summary>The mapped state of a topic: what the writer tells its readers without a message.</summary>
/// <remarks>Each field has one writer, except those that only ever rise: latest offsets and siblings. Reads acquire, writes release.</remarks>
internal sealed class TopicState : IDisposable
{
    private readonly MappedRegion _region;

    private TopicState(MappedRegion region, int slots)
    {
        _region = region;
        Slots = slots;
    }

    public int Slots { get; }

    public long Epoch => _region.ReadInt64(TopicLayout.EpochAt);

    public long Seed => _region.ReadInt64(TopicLayout.SeedAt);

    public long Changes => _region.ReadInt64(TopicLayout.ChangesAt);

    /// <summary>Another number whenever another run may have begun to keep the topic: no two files of a topic begin with the same.</summary>
    public long Siblings => _region.ReadInt64(TopicLayout.SiblingsAt);

    public string Topic { get; private init; } = "";

    public bool IsRetired => _region.ReadInt32(TopicLayout.RetiredAt) != 0;

    public bool IsCompacted
    {
        get => _region.ReadInt32(TopicLayout.CompactedAt) != 0;
        set => _region.WriteInt32(TopicLayout.CompactedAt, value ? 1 : 0);
    }

    public int PartitionCount
    {
        get => _region.ReadInt32(TopicLayout.PartitionCountAt);
        set
        {
            _region.WriteInt32(TopicLayout.PartitionCountAt, value);
            NoteChange();
        }
    }

    public static TopicState Create(string directory, string topic, int slots, long epoch, long seed, bool isCompacted)
    {
        MappedRegion region = MappedRegion.Create(Path.Combine(directory, TopicLayout.FileName), TopicLayout.FileBytes(slots));
        region.WriteInt32(TopicLayout.VersionAt, TopicLayout.Version);
        region.WriteInt32(TopicLayout.SlotsAt, slots);
        region.WriteInt64(TopicLayout.EpochAt, epoch);
        region.WriteInt64(TopicLayout.SiblingsAt, epoch);
        region.WriteInt64(TopicLayout.SeedAt, seed);
        region.WriteInt32(TopicLayout.WriterAt, Environment.ProcessId);
        int topicBytes = Encoding.UTF8.GetBytes(topic, region.Write(TopicLayout.TopicAt, TopicName.BytesMax));
        region.WriteInt32(TopicLayout.TopicBytesAt, topicBytes);
        for (int i = 0; i < slots; i++)
        {
            region.WriteInt64(At(i) + TopicLayout.LatestOffset, -1);
        }

        region.WriteInt64(TopicLayout.MagicAt, TopicLayout.Magic); // Last: a reader that sees it sees all of the above.
        return new TopicState(region, slots) { Topic = topic, IsCompacted = isCompacted };
    }

    public static TopicState Open(string directory, bool isWritable = false)
    {
        string path = Path.Combine(directory, TopicLayout.FileName);
        MappedRegion region = MappedRegion.Open(path, TopicLayout.FileBytes(0), isWritable);
        bool isSound = region.ReadInt64(TopicLayout.MagicAt) == TopicLayout.Magic; // First: what follows was written before it.
        int topicBytes = region.ReadInt32(TopicLayout.TopicBytesAt);
        int slots = region.ReadInt32(TopicLayout.SlotsAt);
        isSound = isSound && topicBytes is >= 0 and <= TopicName.BytesMax
            && slots >= 0 && TopicLayout.FileBytes(slots) <= region.Bytes;
        int version = region.ReadInt32(TopicLayout.VersionAt);
        if (!isSound || version != TopicLayout.Version)
        {
            region.Dispose();
            throw new InvalidDataException(isSound
                ? $"{path} is of version {version}, this program reads version {TopicLayout.Version}: run one release of all services"
                : $"{path} is not the state of a cached topic");
        }

        return new TopicState(region, slots) { Topic = Encoding.UTF8.GetString(region.Read(TopicLayout.TopicAt, topicBytes)) };
    }

    /// <summary>Opens the state of a topic that another run keeps, to note something in it.</summary>
    /// <returns>Null when there is none: it is gone, or not complete yet.</returns>
    /// <exception cref="IOException">It is there and cannot be opened.</exception>
    public static TopicState? TryOpenOther(string directory)
    {
        try
        {
            return Open(directory, isWritable: true);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or InvalidDataException)
        {
            return null;
        }
    }

    public void NoteSibling() => _region.Increment(TopicLayout.SiblingsAt);

    public void Retire() => _region.WriteInt32(TopicLayout.RetiredAt, 1);

    public void NoteChange() => _region.WriteInt64(TopicLayout.ChangesAt, _region.ReadInt64(TopicLayout.ChangesAt) + 1);

    public long NextOffset(int partition) => _region.ReadInt64(At(partition) + TopicLayout.NextOffset);

    public void SetNextOffset(int partition, long offset) => _region.WriteInt64(At(partition) + TopicLayout.NextOffset, offset);

    public long FirstOffset(int partition) => _region.ReadInt64(At(partition) + TopicLayout.FirstOffset);

    public void SetFirstOffset(int partition, long offset) => _region.WriteInt64(At(partition) + TopicLayout.FirstOffset, offset);

    public int ListGeneration(int partition) => _region.ReadInt32(At(partition) + TopicLayout.ListGeneration);

    public void SetListGeneration(int partition, int generation) => _region.WriteInt32(At(partition) + TopicLayout.ListGeneration, generation);

    public int IndexGeneration(int partition) => _region.ReadInt32(At(partition) + TopicLayout.IndexGeneration);

    public void SetIndexGeneration(int partition, int generation) => _region.WriteInt32(At(partition) + TopicLayout.IndexGeneration, generation);

    public long LatestOffset(int partition) => _region.ReadInt64(At(partition) + TopicLayout.LatestOffset);

    public void RaiseLatestOffset(int partition, long offset)
    {
        if ((uint)partition < (uint)Slots)
        {
            _region.Raise(At(partition) + TopicLayout.LatestOffset, offset);
        }
    }

    public void Dispose() => _region.Dispose();

    private static long At(int partition) => TopicLayout.PartitionsAt + ((long)partition * TopicLayout.PartitionBytes);
}
