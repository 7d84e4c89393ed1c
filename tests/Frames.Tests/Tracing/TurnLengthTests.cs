using CsCheck;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests;

/// <summary>The histogram of turns: small, and never far from the truth.</summary>
public sealed class TurnLengthTests
{
    [Fact]
    public void Every_length_is_below_the_end_of_its_bucket_and_not_far() => Gen.Long[0, 3_200_000_000].Sample(ns =>
    {
        int bucket = TurnLengths.BucketOf(ns);
        long end = TurnLengths.EndNsOf(bucket);
        Assert.True(ns < end, $"{ns} ns is in bucket {bucket}, which ends at {end}");
        Assert.True(ns < 256 || end <= ns * 1.25 + 1, $"{ns} ns is in bucket {bucket}, which ends as late as {end}");
        Assert.Equal(bucket, TurnLengths.BucketOf(end - 1));
        Assert.Equal(bucket + 1, TurnLengths.BucketOf(end));
    });

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(4_000_000_000)]
    public void What_is_longer_than_the_last_bucket_is_counted_in_it(long ns) => Assert.Equal(TurnLengths.Buckets - 1, TurnLengths.BucketOf(ns));

    [Fact]
    public void Percentiles_are_the_ends_of_buckets_and_never_beyond_the_longest_turn()
    {
        var lengths = new TurnLengths();
        Assert.Equal(0, lengths.AtMostNs(0.5));
        lengths.Add(TurnLengths.BucketOf(1000), 98);
        lengths.Add(TurnLengths.BucketOf(1_000_000), 2);
        Assert.Equal(1024, lengths.AtMostNs(0.5));
        Assert.Equal(1024, lengths.AtMostNs(0.98));
        Assert.Equal(1_048_576, lengths.AtMostNs(0.99));
        Assert.Equal(1_000_000, lengths.AtMostNs(0.99, 1_000_000));
    }

    [Fact]
    public void Counters_and_histogram_do_not_share_a_slot()
    {
        Assert.True(Enum.GetValues<EngineCounter>().All(counter => (int)counter < CounterLayout.TurnSlot));
        Assert.True(CounterLayout.TurnSlot + TurnLengths.Buckets <= CounterLayout.Slots);
    }
}
