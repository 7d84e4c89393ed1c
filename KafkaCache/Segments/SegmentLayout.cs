namespace Sluice.KafkaCache.Segments;

/// <summary>Where each field of a segment file lies. Little endian; records start at multiples of 8.</summary>
/// <remarks>
/// <code>
///    0 magic i32 | 4 version i32 | 8 partition i32 | 12 id i32 | 16 base offset i64 | 24 file bytes i64
///   64 committed i64 (position behind the last whole record)         a cache line of its own, the one readers poll
///  128 marks: 256 x i64, mark i = position of the first record at or behind i/256 of the file; 0 not yet
/// 2176 records
///
/// A record:
///    0 length i32 (all of it, a multiple of 8) | 4 zero | 8 offset i64 | 16 timestampMs i64
///   24 key hash i64 | 32 descendant offset i64 (0 none)
///   40 key bytes i32 (-1 null) | 44 value bytes i32 (-1 null) | 48 header count i32 | 52 header bytes i32
///   56 key | header fields (as in Frames/Extensions/HeaderList) | value | zeros up to 8
/// </code>
/// A record is visible once <c>committed</c> lies behind it; only the descendant is written later, in one store.
/// </remarks>
internal static class SegmentLayout
{
    public const int Magic = 0x47455331; // "1SEG"
    public const int Version = 1;

    public const int MagicAt = 0;
    public const int VersionAt = 4;
    public const int PartitionAt = 8;
    public const int IdAt = 12;
    public const int BaseOffsetAt = 16;
    public const int FileBytesAt = 24;
    public const int CommittedAt = 64;
    public const int MarksAt = 128;
    public const int MarkCount = 256;
    public const int RecordsAt = MarksAt + (MarkCount * sizeof(long));

    public const int LengthAt = 0;
    public const int OffsetAt = 8;
    public const int TimestampAt = 16;
    public const int KeyHashAt = 24;
    public const int DescendantAt = 32;
    public const int KeyBytesAt = 40;
    public const int ValueBytesAt = 44;
    public const int HeaderCountAt = 48;
    public const int HeaderBytesAt = 52;
    public const int ContentAt = 56;

    /// <summary>The largest record, in bytes: what librdkafka takes for one message (1 GB), and the lengths stay positive.</summary>
    public const int RecordBytesMax = 1_000_000_000;

    public static long RecordBytes(int keyBytes, int headerBytes, int valueBytes) =>
        (ContentAt + (long)Math.Max(0, keyBytes) + headerBytes + Math.Max(0, valueBytes) + 7) & ~7L;
}
