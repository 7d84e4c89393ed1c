namespace Sluice.KafkaCache.Segments;

/// <summary>Where a record lies and a few bits of its key's hash, in one word that is stored and loaded at once.</summary>
/// <remarks><c>bits 63..48 tag | 47..24 segment id | 23..0 position / 8</c>. 0 is an empty slot; segment 0 marks a slot given up.</remarks>
internal readonly record struct RecordLocation(long Word)
{
    public const int SegmentIdMax = (1 << 24) - 1;
    public const long PositionMax = ((1L << 24) - 1) * 8;

    public RecordLocation(ulong hash, int segment, long position)
        : this((long)(hash & 0xffff_0000_0000_0000) | ((long)segment << 24) | (position >> 3))
    {
    }

    public static RecordLocation GivenUp => new(1);

    public bool IsEmpty => Word == 0;

    public int Segment => (int)((Word >> 24) & SegmentIdMax);

    public long Position => (Word & 0xffffff) << 3;

    public bool MayBe(ulong hash) => Segment != 0 && ((ulong)Word ^ hash) >> 48 == 0;
}

/// <summary>The mapped open hash from key to newest record: linear probing, a slot is one word, slots only ever gain or change.</summary>
/// <remarks>
/// <code>0 magic i32 | 4 bits i32 | 8 partition i32 | 12 generation i32 | 64 slots: 2^bits x i64</code>
/// The single writer doubles it into a new file and publishes that by generation; a reader of the old one still finds what was newest then.
/// </remarks>
internal sealed class KeyIndex : IDisposable
{
    private const int Magic = 0x59454b31; // "1KEY"
    private const int SlotsAt = 64;

    private readonly MappedRegion _region;
    private readonly string _path;
    private readonly long _mask;

    private KeyIndex(MappedRegion region, string path, int bits)
    {
        _region = region;
        _path = path;
        _mask = (1L << bits) - 1;
        Bits = bits;
    }

    public int Bits { get; }

    /// <summary>Slots that are not empty; known to the writer only.</summary>
    public long Used { get; private set; }

    /// <summary>True when two thirds are used: probes get long beyond that.</summary>
    public bool IsFull => Used * 3 >= (_mask + 1) * 2;

    public static KeyIndex Create(string directory, int partition, int generation, int bits)
    {
        string path = TopicLayout.IndexPath(directory, partition, generation);
        MappedRegion region = MappedRegion.Create(path, SlotsAt + (8L << bits));
        region.WriteInt32(4, bits);
        region.WriteInt32(8, partition);
        region.WriteInt32(12, generation);
        region.WriteInt32(0, Magic);
        return new KeyIndex(region, path, bits);
    }

    /// <summary>Maps an index for reading.</summary>
    /// <returns>Null when the file is gone: a newer one has taken its place.</returns>
    public static KeyIndex? TryOpen(string directory, int partition, int generation)
    {
        string path = TopicLayout.IndexPath(directory, partition, generation);
        MappedRegion region;
        try
        {
            region = MappedRegion.Open(path, SlotsAt);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        int bits = region.ReadInt32(4);
        if (region.ReadInt32(0) != Magic || bits is < 0 or > 40 || region.Bytes < SlotsAt + (8L << bits) || region.ReadInt32(8) != partition)
        {
            region.Dispose();
            throw new InvalidDataException($"{path} is not the key index of partition {partition}");
        }

        return new KeyIndex(region, path, bits);
    }

    /// <summary>The first slot to look at.</summary>
    public long FirstSlot(ulong hash) => (long)hash & _mask;

    /// <summary>The slot to look at next.</summary>
    public long NextSlot(long slot) => (slot + 1) & _mask;

    /// <summary>What a slot holds.</summary>
    public RecordLocation this[long slot]
    {
        get => new(_region.ReadInt64(SlotsAt + (slot * sizeof(long))));
        set
        {
            Used += this[slot].IsEmpty ? 1 : 0;
            _region.WriteInt64(SlotsAt + (slot * sizeof(long)), value.Word);
        }
    }

    public void Unlink() => File.Delete(_path);

    public void Dispose() => _region.Dispose();
}
