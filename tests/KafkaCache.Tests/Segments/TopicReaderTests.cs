using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class TopicReaderTests
{
    [Fact]
    public void Records_come_back_in_order_with_null_and_empty_kept_apart()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        Append(writer[0], 0, "a", "1");
        Append(writer[0], 1, null, "2");
        Append(writer[0], 2, "", "");
        Append(writer[0], 7, "b", null);

        using TopicReader reader = Open(writer);
        Assert.Equal("items", reader.Topic);
        Assert.True(reader.IsCompacted);
        Assert.Equal(["0:a=1", "1:null=2", "2:=", "7:b=null"], ReadAll(reader[0]));
        Assert.Equal(["7:b=null"], ReadAll(reader[0], from: 3));
        Assert.Equal(8, reader[0].CachedNextOffset);
    }

    [Fact]
    public void Headers_come_back_as_a_header_list_with_repeats_and_null_values()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        Append(writer[0], 0, "k", "v", ("tag", "x"), ("tag", null), ("tag", ""), ("ürl", "/a"));

        using TopicReader reader = Open(writer);
        RecordCursor cursor = reader[0].Seek(0);
        Assert.True(reader[0].TryRead(ref cursor, out RecordView record));

        byte[] encoded = new byte[4 + record.HeaderFields.Length];
        BitConverter.TryWriteBytes(encoded, record.HeaderCount);
        record.HeaderFields.CopyTo(encoded.AsSpan(4));
        var extension = new ExtensionReader(encoded);
        var seen = new List<string>();
        foreach (Header header in HeaderList.Read(ref extension))
        {
            seen.Add($"{System.Text.Encoding.UTF8.GetString(header.Name)}={(header.IsNull ? "null" : System.Text.Encoding.UTF8.GetString(header.Value))}");
        }

        Assert.Equal(["tag=x", "tag=null", "tag=", "ürl=/a"], seen);
        Assert.Equal("v"u8, record.Value);
    }

    [Fact]
    public void A_segment_that_a_reader_lets_go_of_stays_until_what_refers_to_it_has_arrived()
    {
        using var test = new TestEngine();
        var server = new ScriptedBinding();
        test.Engine.Attach(3, server);
        var client = new ScriptedStream();
        test.Engine.Open(client, 1, 3);
        test.TurnUntilIdle();
        using var cache = new TemporaryCache();
        TopicWriter writer = cache.CreateTopic();
        string value = new('v', 10_000);
        Append(writer[0], 0, "k", value);
        TopicReader reader = Open(writer);
        RecordCursor cursor = reader[0].Seek(0);
        Assert.True(reader[0].TryRead(ref cursor, out RecordView record));
        Assert.True(client.Port.TrySendReference(record.Segment.Source, record.ValuePosition, 10_000));
        Segment segment = record.Segment;
        reader.Dispose();
        writer.Dispose();
        Assert.True(segment.Bytes > 0);
        test.TurnUntilIdle();
        Assert.Equal(value, server.Streams[0].ReceivedText);
        Assert.Equal(0, segment.Bytes); // Unmapped.
        client.Port.Close(CloseReason.None);
        server.Streams[0].Port.Close(CloseReason.None);
    }

    [Fact]
    public void The_newest_record_of_a_key_is_found_and_older_ones_count_as_superseded_from_the_snapshot_on()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        Append(writer[0], 0, "a", "1");
        Append(writer[0], 1, "b", "1");
        using TopicReader reader = Open(writer);
        long snapshot = reader[0].CachedNextOffset;
        Append(writer[0], 2, "a", "2");

        Assert.True(reader[0].TryFindNewest("a"u8, out RecordView newest));
        Assert.Equal("2:a=2", Describe(newest));
        Assert.False(reader[0].TryFindNewest("c"u8, out _));

        RecordCursor cursor = reader[0].Seek(0);
        Assert.True(reader[0].TryRead(ref cursor, out RecordView old));
        Assert.False(PartitionReader.IsSuperseded(old, snapshot));
        Assert.True(PartitionReader.IsSuperseded(old, reader[0].CachedNextOffset));
        Assert.False(PartitionReader.IsSuperseded(newest, long.MaxValue));
    }

    [Fact]
    public void A_cursor_that_waited_at_the_end_reads_on_when_more_arrives()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        using TopicReader reader = Open(writer);
        RecordCursor cursor = reader[0].Seek(0);
        Assert.False(reader[0].TryRead(ref cursor, out _));
        for (int i = 0; i < 500; i++)
        {
            Append(writer[0], i, "key" + i, new string('x', 100));
            Assert.True(reader[0].TryRead(ref cursor, out RecordView record));
            Assert.Equal(i, record.Offset);
            Assert.False(reader[0].TryRead(ref cursor, out _));
        }
    }

    [Fact]
    public void A_record_larger_than_any_segment_gets_its_own()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        string large = new('L', 300_000);
        Append(writer[0], 0, "a", "small");
        Append(writer[0], 1, "b", large);
        Append(writer[0], 2, "c", "small");
        using TopicReader reader = Open(writer);
        Assert.Equal(["0:a=small", "1:b=" + large, "2:c=small"], ReadAll(reader[0]));
        Assert.True(reader[0].TryFindNewest("b"u8, out RecordView record));
        Assert.Equal(300_000, record.Value.Length);
    }

    [Fact]
    public void Ten_thousand_keys_are_each_found_while_the_index_grows_under_two_readers()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        using TopicReader early = Open(writer);
        for (int i = 0; i < 10_000; i++)
        {
            Append(writer[0], i, "key" + i, "v" + i);
        }

        using TopicReader late = Open(writer);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] key = System.Text.Encoding.UTF8.GetBytes("key" + i);
            Assert.True(early[0].TryFindNewest(key, out RecordView first));
            Assert.True(late[0].TryFindNewest(key, out RecordView second));
            Assert.Equal(i, first.Offset);
            Assert.Equal(i, second.Offset);
        }
    }

    [Fact]
    public void New_partitions_appear_with_refresh_once_they_are_published()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic(partitions: 1);
        using TopicReader reader = Open(writer);
        Assert.True(writer.TryAddPartitions(3));
        Append(writer[2], 5, "a", "1");
        reader.Refresh();
        Assert.Equal(1, reader.PartitionCount);
        writer.PublishPartitions();
        Assert.True(reader.Refresh());
        Assert.False(reader.Refresh());
        Assert.Equal(3, reader.PartitionCount);
        Assert.Equal(["5:a=1"], ReadAll(reader[2]));
        Assert.Equal(5, reader[2].FirstOffset);
        Assert.False(writer.TryAddPartitions(1000));
    }

    [Fact]
    public void The_latest_offset_only_rises()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        using TopicReader reader = Open(writer);
        Assert.Equal(-1, reader[0].LatestOffset);
        long siblings = writer.RaiseLatestOffset(0, 9);
        Assert.Equal(siblings, writer.RaiseLatestOffset(0, 4));
        Assert.Equal(siblings, writer.RaiseLatestOffset(99_999, 4));
        Assert.Equal(siblings, writer.RaiseLatestOffset(-1, 4));
        Assert.Equal(9, reader[0].LatestOffset);
        writer.Dispose();
        Assert.Equal(-1, writer.RaiseLatestOffset(0, 10));
        Assert.Equal(9, reader[0].LatestOffset);
    }

    [Fact]
    public void A_retired_topic_says_so_and_stays_readable()
    {
        using var cache = new TemporaryCache();
        TopicWriter writer = cache.CreateTopic();
        for (int i = 0; i < 200; i++)
        {
            Append(writer[0], i, "key" + i, new string('v', 80));
        }

        using TopicReader reader = Open(writer);
        Assert.False(reader.IsRetired);
        writer.Dispose();
        Assert.True(reader.IsRetired);
        Assert.False(Directory.Exists(writer.Path));
        reader.Refresh();
        Assert.Equal(200, ReadAll(reader[0]).Count);
        Assert.True(reader[0].TryFindNewest("key7"u8, out _));
    }
}
