using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class SegmentConcurrencyTests
{
    [Fact]
    public async Task Readers_follow_a_busy_writer_through_growth_and_compaction_without_gap_or_tear()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        const int Count = 60_000;
        const int Keys = 300;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(n => Task.Run(() => Follow(writer.Path, Count, n)))];
        for (int i = 0; i < Count; i++)
        {
            Append(writer[0], i, "key" + (i % Keys), $"{i}:" + new string((char)('a' + (i % 26)), i % 150));
            if (i % 3000 == 2999)
            {
                writer[0].Compact(i);
            }
        }

        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static void Follow(string path, int count, int number)
    {
        using TopicReader reader = TopicReader.TryOpen(path, out string? error) ?? throw new InvalidOperationException(error);
        PartitionReader partition = reader[0];
        RecordCursor cursor = partition.Seek(0);
        long last = -1;
        int turn = 0;
        while (last < count - 1)
        {
            while (partition.TryRead(ref cursor, out RecordView record))
            {
                Assert.True(record.Offset > last);
                CheckValue(record);
                last = record.Offset;
            }

            long next = partition.CachedNextOffset;
            int key = (turn * 7) % 300;
            if (next > 300)
            {
                Assert.True(partition.TryFindNewest(System.Text.Encoding.UTF8.GetBytes("key" + key), out RecordView newest), $"key{key} at {next}");
                Assert.True(newest.Offset >= next - 300, "the newest record of a key is never older than one round of keys");
                CheckValue(newest);
            }

            if (++turn % (3 + number) == 0)
            {
                reader.Refresh();
            }

            Thread.Yield();
        }
    }

    private static void CheckValue(in RecordView record)
    {
        string expected = $"{record.Offset}:" + new string((char)('a' + (record.Offset % 26)), (int)(record.Offset % 150));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(record.Value));
    }
}
