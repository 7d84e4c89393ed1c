using System.Diagnostics;
using Sluice.Frames.Extensions;

namespace Sluice.Fuzz;

/// <summary>Extensions that come from another process: read to the end without harm, or refused; never a loop that a count decides.</summary>
public sealed class ExtensionTests
{
    private const int RoundsInCi = 200_000;
    private const int LateMs = 2000; // for one extension of at most a few hundred bytes

    private static readonly byte[][] Samples = MakeSamples();

    [Fact]
    public void Any_extension_is_read_or_refused_in_no_time()
    {
        Rounds.Run(RoundsInCi, random =>
        {
            byte[] extension = random.OneIn(10) ? random.Noise(random.Below(200)) : random.Mutate(random.Pick(Samples));
            if (extension.Length > 0 && random.OneIn(4))
            {
                extension[0] = (byte)random.Below(5); // Often one of the types there are.
            }

            long started = Stopwatch.GetTimestamp();
            Read(extension, random);
            Assert.True(Stopwatch.GetElapsedTime(started).TotalMilliseconds < LateMs, $"took {Stopwatch.GetElapsedTime(started)}: {Convert.ToHexString(extension)}");
        });
    }

    [Fact]
    public void The_samples_are_what_they_are_meant_to_be()
    {
        Assert.True(HttpEx.TryRead(Samples[0], out HttpEx http) && http.Headers.Count == 3);
        Assert.True(ProxyBeginEx.TryRead(Samples[1], out _));
        Assert.True(KafkaBeginEx.TryRead(Samples[2], out KafkaBeginEx fetch) && fetch.Filters.Count == 2 && fetch.Starts.Count == 2 && fetch.Ends.Count == 2);
        Assert.True(KafkaBeginEx.TryRead(Samples[3], out KafkaBeginEx produce) && produce.Partition == 3);
        Assert.True(KafkaDataEx.TryRead(Samples[4], out KafkaDataEx data) && data.Headers.Count == 1);
        Assert.True(KafkaFlushEx.TryRead(Samples[5], out _) && KafkaFlushEx.TryRead(Samples[6], out _));
        Assert.True(KafkaReplyEx.TryRead(Samples[7], out KafkaReplyEx reply) && reply.Latest.Count == 1);
        Assert.Equal(29, KafkaCloseEx.ReadError(Samples[8]));
    }

    private static void Read(byte[] extension, FuzzRandom random)
    {
        if (HttpEx.TryRead(extension, out HttpEx http))
        {
            Walk(http.Headers);
        }

        if (ProxyBeginEx.TryRead(extension, out ProxyBeginEx proxy))
        {
            _ = proxy.SourceHost.Length + proxy.SourcePort + proxy.DestinationHost.Length + proxy.DestinationPort;
        }

        if (KafkaBeginEx.TryRead(extension, out KafkaBeginEx begin))
        {
            _ = begin.Starts.For(random.Below(4) - 1, -2);
            _ = begin.Starts.ToArray();
            _ = begin.Filters.Match("key"u8, false, default);
            _ = begin.Filters.TryGetOnlyKey(out _);
            _ = KafkaFilters.FromEncoded(begin.Filters.Encoded).Match(default, true, HeaderList.Of(random.Below(5), extension));
        }

        if (KafkaDataEx.TryRead(extension, out KafkaDataEx data))
        {
            Walk(data.Headers);
            _ = data.Progress.ToArray().Length + data.Key.Length;
        }

        _ = KafkaFlushEx.TryRead(extension, out KafkaFlushEx flush) ? flush.Progress.For(1, 0) : 0;
        _ = KafkaReplyEx.TryRead(extension, out KafkaReplyEx reply) ? reply.Latest.For(1, 0) + reply.Path.Length : 0;
        _ = KafkaCloseEx.ReadError(extension);
        _ = KafkaFilters.FromEncoded(extension).Match("key"u8, false, HeaderList.Of(random.Below(1000), extension));
    }

    private static void Walk(HeaderList headers)
    {
        int count = 0;
        foreach (Header header in headers)
        {
            count += header.Name.Length + header.Value.Length;
        }

        _ = headers.TryGet("no such"u8, out _) ? count : 0;
    }

    private static byte[][] MakeSamples()
    {
        byte[] buffer = new byte[4096];
        var samples = new List<byte[]>();
        ExtensionWriter http = HttpEx.Write(buffer);
        http.AddHeader(":method", "GET");
        http.AddHeader(":path", "/items?since=1");
        http.AddHeader("accept", "");
        http.CloseHeaders();
        samples.Add(http.Written.ToArray());
        samples.Add(ProxyBeginEx.Write(buffer, "192.0.2.1", 40_000, "::1", 7114).ToArray());
        var filters = new KafkaFilterWriter(new byte[512]);
        filters.OpenFilter();
        filters.AddKey("7");
        filters.AddHeader("zilla:domain", "items");
        filters.OpenFilter();
        filters.AddHeader("a", "b");
        PartitionOffset[] offsets = [new(0, 17), new(-1, KafkaOffsets.Historical)];
        samples.Add(KafkaBeginEx.WriteMergedFetch(buffer, "items"u8, isBounded: true, offsets, filters.Written, offsets).ToArray());
        samples.Add(KafkaBeginEx.WriteProduce(buffer, "items"u8, 3, KafkaAcks.InSyncReplicas).ToArray());
        ExtensionWriter data = KafkaDataEx.WriteProduce(buffer, partition: 1, timestampMs: 5, valueBytes: 100);
        data.WriteBytes("key"u8);
        data.OpenHeaders();
        data.AddHeader("name", "value");
        data.CloseHeaders();
        samples.Add(data.Written.ToArray());
        samples.Add(KafkaFlushEx.WriteCaughtUp(buffer, offsets).ToArray());
        samples.Add(KafkaFlushEx.WriteAcknowledged(buffer, 1, 2, 3).ToArray());
        samples.Add(KafkaReplyEx.Write(buffer, isCompacted: true, "/cache/items", [new PartitionOffset(0, 9)]).ToArray());
        samples.Add(KafkaCloseEx.Write(buffer, KafkaErrors.TopicAuthorizationFailed).ToArray());
        return [.. samples];
    }
}
