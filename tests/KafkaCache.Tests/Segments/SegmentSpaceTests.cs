using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class SegmentSpaceTests
{
    [Fact]
    public void Expired_segments_go_while_an_attached_reader_keeps_reading()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic(isCompacted: false);
        for (int i = 0; i < 300; i++)
        {
            Append(writer[0], i, "key" + i, new string('v', 100)); // Timestamps 1000 to 1299.
        }

        using TopicReader reader = Open(writer);
        RecordCursor cursor = reader[0].Seek(0);
        Assert.True(reader[0].TryRead(ref cursor, out RecordView first));
        Assert.True(writer[0].DropExpired(nowMs: 2200, retentionMs: 1000));
        Assert.Equal("0:key0=" + new string('v', 100), Describe(first)); // The view still stands.

        reader.Refresh();
        long firstKept = reader[0].FirstOffset;
        Assert.InRange(firstKept, 1, 299);
        Assert.True(reader[0].TryRead(ref cursor, out RecordView next));
        Assert.Equal(firstKept, next.Offset);
        Assert.False(reader[0].TryFindNewest("key0"u8, out _));
        Assert.True(reader[0].TryFindNewest("key299"u8, out _));
        Assert.Equal(300 - firstKept, ReadAll(reader[0]).Count);
    }

    [Fact]
    public void The_head_is_never_dropped_until_it_is_old_enough_to_be_sealed()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic(isCompacted: false);
        Append(writer[0], 0, "a", "1");
        Assert.False(writer[0].DropExpired(long.MaxValue / 2, 0));
        writer[0].SealOldHead(segmentMs: 0);
        Assert.False(writer[0].DropExpired(long.MaxValue / 2, 0));
        Append(writer[0], 1, "b", "2");
        Assert.True(writer[0].DropExpired(long.MaxValue / 2, 0));
        using TopicReader reader = Open(writer);
        Assert.Equal(["1:b=2"], ReadAll(reader[0]));
    }

    [Fact]
    public void A_topic_that_rewrites_the_same_keys_for_ever_stays_small()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        for (int i = 0; i < 20_000; i++)
        {
            Append(writer[0], i, "key" + (i % 50), new string('v', 100));
            if (i % 500 == 0)
            {
                writer[0].Compact(i);
            }
        }

        writer[0].Compact(1_000_000);
        Assert.InRange(writer[0].DiskBytes, 1, 200 * 1024);
        using TopicReader reader = Open(writer);
        for (int i = 0; i < 50; i++)
        {
            Assert.True(reader[0].TryFindNewest(System.Text.Encoding.UTF8.GetBytes("key" + i), out RecordView record));
            Assert.Equal(19_950 + i, record.Offset);
        }
    }

    [Fact]
    public void Compaction_waits_for_its_lag_so_that_a_read_in_progress_finds_what_it_saw()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic(options: Small with { CompactionLagMs = 1000 });
        for (int i = 0; i < 400; i++)
        {
            Append(writer[0], i, "same", new string('v', 100));
        }

        Assert.False(writer[0].Compact(nowMs: 0));
        Assert.False(writer[0].Compact(nowMs: 999));
        Assert.True(writer[0].Compact(nowMs: 1000));
    }

    [Fact]
    public void Dead_keys_leave_the_index_so_that_it_does_not_grow_for_ever()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic(isCompacted: false);
        for (int i = 0; i < 50_000; i++)
        {
            Append(writer[0], i, "unique" + i, "v");
            if (i % 200 == 0)
            {
                writer[0].DropExpired(1000 + i, 100);
            }
        }

        Assert.InRange(writer[0].DiskBytes, 1, 128 * 1024);
    }
}
