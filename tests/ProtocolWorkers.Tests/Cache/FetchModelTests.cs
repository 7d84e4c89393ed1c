using CsCheck;
using Sluice.KafkaCache.Segments;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>Random topics against a model that fits on one screen.</summary>
public sealed class FetchModelTests
{
    private sealed record Entry(int Partition, long Offset, string? Key, string? Value);

    [Fact]
    public void A_bounded_read_gives_per_partition_what_the_model_says_for_any_window()
    {
        Gen.Select(
            Gen.Select(Gen.Int[0, 2], Gen.Int[-1, 6], Gen.Int[-1, 3000]).Array[0, 60],
            Gen.Bool, Gen.Int[-1, 6], Gen.Int[1, 4000], Gen.Int[0, 12])
            .Sample((records, isCompacted, wanted, windowBytes, start) =>
            {
                using var bed = new CacheBed();
                TopicWriter topic = bed.CreateTopic(partitions: 3, isCompacted, new SegmentOptions { SegmentBytesMin = 4096, SegmentBytesMax = 16 * 1024, IndexBitsMin = 4 });
                var log = new List<Entry>();
                foreach ((int partition, int key, int bytes) in records)
                {
                    var entry = new Entry(
                        partition, topic[partition].NextOffset, key < 0 ? null : $"k{key}", bytes < 0 ? null : new string((char)('a' + (log.Count % 26)), bytes));
                    log.Add(entry);
                    Append(topic, partition, entry.Key, entry.Value);
                }

                string? filter = wanted < 0 ? null : $"k{wanted}";
                var peer = new FetchPeer { WindowBytes = windowBytes, AcknowledgesAtOnce = false };
                bed.Fetch(key: filter, starts: [start, start, start], peer: peer);
                bed.Announce(topic);
                for (int i = 0; i < 10_000 && !peer.IsEnded; i++)
                {
                    peer.AcknowledgeAll();
                    bed.Test.TurnUntilIdle();
                }

                Assert.True(peer.IsEnded);
                for (int partition = 0; partition < 3; partition++)
                {
                    Assert.Equal(Expected(log, partition, isCompacted, filter, start), peer.Records.Where(record => record[0] == '0' + partition));
                }
            }, iter: 150);
    }

    private static IEnumerable<string> Expected(List<Entry> log, int partition, bool isCompacted, string? filter, long start) =>
        from entry in log
        where entry.Partition == partition && entry.Offset >= start
        where filter is null || entry.Key == filter
        where !isCompacted || entry.Key is null || !log.Exists(newer => newer.Partition == partition && newer.Key == entry.Key && newer.Offset > entry.Offset)
        select $"{partition}:{entry.Offset} {entry.Key ?? "null"}={entry.Value ?? "null"}";
}
