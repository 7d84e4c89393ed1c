using System.Text;
using CsCheck;
using Sluice.Frames.Extensions;
using Sluice.ProtocolWorkers.Encodings;

namespace Sluice.ProtocolWorkers.Tests.Encodings;

/// <summary>Progress vectors (config-kafka §3.1).</summary>
public sealed class ProgressVectorTests
{
    [Theory]
    [InlineData("AQIADg==", 7L)]
    [InlineData("AQQABAIC", 2L, 1L)]
    [InlineData("AQYA0A8CgAEEAA==", 1000L, 64L, 0L)]
    [InlineData("AQYAAQIBBAE=", -1L, -1L, -1L)]
    [InlineData("AQIAAQ==", -1L)]
    public void Known_vectors_are_written_and_read(string text, params long[] offsets)
    {
        PartitionOffset[] entries = [.. offsets.Select((offset, partition) => new PartitionOffset(partition, offset))];
        Assert.Equal(text, Encode(entries));
        Assert.Equal(entries, Decode(text));
    }

    [Fact]
    public void Negative_partitions_are_never_written()
    {
        Assert.Equal("AQIADg==", Encode([new PartitionOffset(-1, KafkaOffsets.Historical), new PartitionOffset(0, 7)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AQIADg")]           // Not padded.
    [InlineData("AQIADg=")]
    [InlineData("AgIADg==")]         // Another version.
    [InlineData("AQIADgAA")]         // Bytes behind the last entry.
    [InlineData("AQQADg==")]         // One entry fewer than announced.
    [InlineData("AQE=")]             // A negative count.
    [InlineData("AQIBDg==")]         // A negative partition.
    [InlineData("AQIA/g==")]         // The standard alphabet, not base64url.
    [InlineData("AQ IADg==")]
    [InlineData("\"AQ=")]
    [InlineData("AQ==")]
    [InlineData("AQIA////////////////")]
    [InlineData("====")]
    public void Malformed_text_is_as_absent(string text)
    {
        Assert.Null(Decode(text));
    }

    [Fact]
    public void Whatever_is_written_is_read_again()
    {
        Gen.Select(Gen.Int[0, 100_000], Gen.Long[-2, long.MaxValue]).Array[0, 60].Sample(raw =>
        {
            PartitionOffset[] entries = [.. raw.Select(entry => new PartitionOffset(entry.Item1, entry.Item2))];
            Assert.Equal(entries, Decode(Encode(entries)));
        });
    }

    [Fact]
    public void No_text_makes_it_throw()
    {
        var entries = new PartitionOffset[ProgressVector.PartitionsMax];
        Gen.Byte.Array[0, 80].Sample(text => { ProgressVector.TryDecode(text, entries, out _); });
        Gen.Char["AQgIBD_-=wx"].Array[0, 20].Sample(text => { ProgressVector.TryDecode(Encoding.ASCII.GetBytes(text), entries, out _); });
    }

    [Fact]
    public void More_partitions_than_the_limit_are_as_absent()
    {
        PartitionOffset[] entries = [.. Enumerable.Range(0, ProgressVector.PartitionsMax + 1).Select(i => new PartitionOffset(i, i))];
        Assert.Null(Decode(Encode(entries)));
        Assert.NotNull(Decode(Encode(entries[..ProgressVector.PartitionsMax])));
    }

    [Fact]
    public void A_small_buffer_is_refused_not_overrun()
    {
        Assert.False(ProgressVector.TryEncode([new PartitionOffset(0, 7)], new byte[7], out int written));
        Assert.Equal(0, written);
    }

    private static string Encode(PartitionOffset[] entries)
    {
        var text = new byte[ProgressVector.TextBytesMax * 2];
        Assert.True(ProgressVector.TryEncode(entries, text, out int written));
        return Encoding.ASCII.GetString(text, 0, written);
    }

    private static PartitionOffset[]? Decode(string text)
    {
        var entries = new PartitionOffset[ProgressVector.PartitionsMax * 2];
        return ProgressVector.TryDecode(Encoding.ASCII.GetBytes(text), entries, out int count) ? entries[..count] : null;
    }
}
