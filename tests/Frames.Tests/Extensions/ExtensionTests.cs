using System.Text;
using CsCheck;
using Sluice.Frames.Extensions;

namespace Sluice.Frames.Tests;

/// <summary>What is written is read again, and nothing that arrives can break a reader.</summary>
public sealed class ExtensionTests
{
    [Fact]
    public void Http_headers_keep_order_repeats_and_empty_values()
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        writer.AddHeader(":status"u8, "200"u8);
        writer.AddHeader("set-cookie", "a=1");
        writer.AddHeader("set-cookie", "");
        writer.CloseHeaders();
        Assert.True(HttpEx.TryRead(writer.Written, out HttpEx http));
        var seen = new List<string>();
        foreach (Header header in http.Headers)
        {
            seen.Add($"{Encoding.UTF8.GetString(header.Name)}={Encoding.UTF8.GetString(header.Value)}");
        }

        Assert.Equal([":status=200", "set-cookie=a=1", "set-cookie="], seen);
        Assert.True(http.Headers.TryGet("set-cookie"u8, out ReadOnlySpan<byte> first));
        Assert.Equal("a=1", Encoding.UTF8.GetString(first));
        Assert.False(http.Headers.TryGet("etag"u8, out _));
    }

    [Fact]
    public void A_kafka_record_tells_null_from_empty()
    {
        ExtensionWriter writer = KafkaDataEx.WriteFetch(ExtensionWriter.Scratch, 5, 2, 7, -1, 3, [new PartitionOffset(0, 1), new PartitionOffset(2, 8)]);
        writer.WriteNull();
        writer.OpenHeaders();
        writer.AddHeader(new Header("h"u8, default, isNull: true));
        writer.AddHeader("h"u8, ""u8);
        writer.CloseHeaders();
        Assert.True(KafkaDataEx.TryRead(writer.Written, out KafkaDataEx data));
        Assert.True(data.IsKeyNull);
        Assert.Equal([new PartitionOffset(0, 1), new PartitionOffset(2, 8)], data.Progress.ToArray());
        var nulls = new List<bool>();
        foreach (Header header in data.Headers)
        {
            nulls.Add(header.IsNull);
        }

        Assert.Equal([true, false], nulls);
    }

    [Fact]
    public void Filters_are_ored_and_their_conditions_anded()
    {
        var filters = new KafkaFilterWriter(new byte[256]);
        filters.OpenFilter();
        filters.AddKey("7");
        filters.AddHeader("region", "eu");
        filters.OpenFilter();
        filters.AddHeader("region", "us");
        ReadOnlySpan<byte> begin = KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "t"u8, isBounded: true, [new PartitionOffset(-1, KafkaOffsets.Historical)], filters.Written);
        Assert.True(KafkaBeginEx.TryRead(begin, out KafkaBeginEx kafka));
        Assert.Equal(2, kafka.Filters.Count);
        Assert.Equal(1, kafka.Filters.Match("7"u8, false, Headers("region", "eu")));
        Assert.Equal(2, kafka.Filters.Match("7"u8, false, Headers("region", "us")));
        Assert.Equal(0, kafka.Filters.Match("8"u8, false, Headers("region", "eu")));
        Assert.Equal(0, kafka.Filters.Match(default, true, Headers("region", "eu")));
        Assert.Equal(KafkaOffsets.Historical, kafka.Starts.For(3, 99));
    }

    [Fact]
    public void A_single_key_filter_can_be_looked_up()
    {
        var filters = new KafkaFilterWriter(new byte[64]);
        filters.OpenFilter();
        filters.AddKey("order-7");
        Assert.True(KafkaFilters.FromEncoded(filters.Written).TryGetOnlyKey(out ReadOnlySpan<byte> key));
        Assert.Equal("order-7", Encoding.UTF8.GetString(key));
        Assert.False(KafkaFilters.FromEncoded(default).TryGetOnlyKey(out _));
    }

    [Fact]
    public void No_filters_match_everything() => Assert.Equal(-1, default(KafkaFilters).Match(default, true, default));

    [Fact]
    public void Any_bytes_can_be_read_without_harm()
    {
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                if (bytes.Length > 4)
                {
                    bytes[0] = 3;
                    bytes[1] = bytes[2] = bytes[3] = 0;
                }

                _ = KafkaDataEx.TryRead(bytes, out KafkaDataEx data) && data.Headers.TryGet("x"u8, out _);
                if (KafkaBeginEx.TryRead(bytes, out KafkaBeginEx begin))
                {
                    _ = begin.Filters.Match("k"u8, false, default);
                    _ = begin.Starts.For(1, 0);
                }

                _ = KafkaFlushEx.TryRead(bytes, out _);
                _ = KafkaReplyEx.TryRead(bytes, out _);
                if (bytes.Length > 0)
                {
                    bytes[0] = 2;
                }

                _ = HttpEx.TryRead(bytes, out HttpEx http) && http.Headers.TryGet("x"u8, out _);
                if (bytes.Length > 0)
                {
                    bytes[0] = 1;
                }

                _ = ProxyBeginEx.TryRead(bytes, out _);
            },
            iter: 20_000);
    }

    [Fact]
    public void An_extension_that_does_not_fit_is_marked()
    {
        var writer = new ExtensionWriter(new byte[16], ExtensionType.Http);
        writer.WriteString("this is longer than the room there is");
        Assert.True(writer.IsOverrun);
    }

    private static HeaderList Headers(string name, string value)
    {
        var writer = new ExtensionWriter(new byte[128], ExtensionType.None);
        writer.OpenHeaders();
        writer.AddHeader(name, value);
        writer.CloseHeaders();
        var reader = new ExtensionReader(writer.Written);
        reader.ReadInt32();
        return HeaderList.Read(ref reader);
    }
}
