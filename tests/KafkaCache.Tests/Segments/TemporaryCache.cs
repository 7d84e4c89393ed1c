using System.Text;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Segments;

/// <summary>A cache directory that goes away with the test; fails the test when something is left in it.</summary>
internal sealed class TemporaryCache : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("sluice-cache-").FullName;

    public CacheDirectory Directory_ { get; }

    public TemporaryCache() => Directory_ = CacheDirectory.Create(Root, "test:cache");

    /// <summary>Small segments and indexes, so that little data makes many of them.</summary>
    public static SegmentOptions Small => new() { SegmentBytesMin = 4096, SegmentBytesMax = 16 * 1024, IndexBitsMin = 4, CompactionLagMs = 0 };

    public TopicWriter CreateTopic(int partitions = 1, bool isCompacted = true, SegmentOptions? options = null) =>
        Directory_.CreateTopic("items", partitions, isCompacted, options ?? Small);

    public static TopicReader Open(TopicWriter writer) =>
        TopicReader.TryOpen(writer.Path, out string? error) ?? throw new InvalidOperationException(error);

    public static void Append(PartitionWriter partition, long offset, string? key, string? value, params (string Name, string? Value)[] headers)
    {
        var fields = new HeaderFieldsBuffer();
        foreach ((string name, string? text) in headers)
        {
            fields.Add(name, Encoding.UTF8.GetBytes(text ?? ""), text is null);
        }

        Assert.True(partition.Append(new NewRecord
        {
            Offset = offset,
            TimestampMs = 1000 + offset,
            Key = Encoding.UTF8.GetBytes(key ?? ""),
            IsKeyNull = key is null,
            Value = Encoding.UTF8.GetBytes(value ?? ""),
            IsValueNull = value is null,
            HeaderCount = fields.Count,
            HeaderFields = fields.Fields,
        }));
    }

    public static string Describe(in RecordView record) =>
        $"{record.Offset}:{(record.IsKeyNull ? "null" : Encoding.UTF8.GetString(record.Key))}={(record.IsValueNull ? "null" : Encoding.UTF8.GetString(record.Value))}";

    public static List<string> ReadAll(PartitionReader partition, long from = 0)
    {
        var found = new List<string>();
        RecordCursor cursor = partition.Seek(from);
        while (partition.TryRead(ref cursor, out RecordView record))
        {
            found.Add(Describe(record));
        }

        return found;
    }

    public void Dispose()
    {
        Directory_.Dispose();
        string[] left = Directory.GetFiles(Root, "*", SearchOption.AllDirectories);
        Directory.Delete(Root, recursive: true);
        Assert.Empty(left);
    }
}
