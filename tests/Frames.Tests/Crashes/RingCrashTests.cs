using System.Diagnostics;
using Sluice.Frames.Crash;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>Two processes share a ring and one of them is killed at any moment: no committed record is lost or torn, and the other goes on.</summary>
[Collection("processes")]
public sealed class RingCrashTests : IDisposable
{
    private const int StuckMs = 20_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-ring-").FullName;
    private readonly Random _random = new();

    private string RingFile => Path.Combine(_directory, "ring");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_killed_producer_leaves_every_committed_record_whole()
    {
        using CrashRing shared = CrashRing.Create(RingFile);
        FrameRing ring = shared.Join();
        long next = 0;
        ChildProcess spare = ChildProcess.Start("produce", RingFile);
        try
        {
            for (int kill = 0; kill < Kills.OfRings / 2; kill++)
            {
                using ChildProcess child = spare;
                child.Go(next);
                spare = ChildProcess.Start("produce", RingFile); // Starts while this one works: starting is most of the time.
                next = Consume(ring, next, next + _random.Next(2000), child);
                child.Kill();

                // What it had said it committed is there; at most one more, committed just before it could say so.
                next = Drain(ring, next);
                Assert.InRange(next, shared.Committed, shared.Committed + 1);
            }
        }
        finally
        {
            spare.Dispose();
        }
    }

    [Fact]
    public void A_killed_consumer_leaves_a_ring_that_its_successor_reads_on()
    {
        using CrashRing shared = CrashRing.Create(RingFile);
        FrameRing ring = shared.Join();
        long next = 0;
        ChildProcess spare = ChildProcess.Start("consume", RingFile);
        try
        {
            for (int kill = 0; kill < Kills.OfRings / 2; kill++)
            {
                using ChildProcess child = spare;
                child.Go(-1);
                spare = ChildProcess.Start("consume", RingFile);
                long until = shared.Processed + _random.Next(2000);
                long started = Stopwatch.GetTimestamp();
                while (shared.Processed < until)
                {
                    Produce(ring, ref next, shared); // A full ring refuses at once; it never blocks.
                    Assert.True(!child.HasExited || shared.Processed >= until, "the consumer ended by itself");
                    Assert.True(Stopwatch.GetElapsedTime(started).TotalMilliseconds < StuckMs, "the consumer is stuck");
                }

                child.Kill();
            }

            spare.Go(next - 1);
            spare.AwaitExit();
            Assert.Equal(next, shared.Processed);
        }
        finally
        {
            spare.Dispose();
        }
    }

    private static long Consume(FrameRing ring, long next, long until, ChildProcess producer)
    {
        long started = Stopwatch.GetTimestamp();
        while (next < until)
        {
            long before = next;
            next = Drain(ring, next, until);
            if (before == next)
            {
                Assert.False(producer.HasExited, "the producer ended by itself");
                Assert.True(Stopwatch.GetElapsedTime(started).TotalMilliseconds < StuckMs, "the producer is stuck");
            }
        }

        return next;
    }

    private static long Drain(FrameRing ring, long next, long until = long.MaxValue)
    {
        while (next < until && ring.TryRead(out ReadOnlySpan<byte> record))
        {
            if (CrashRing.Problem(record, next) is { } problem)
            {
                Assert.Fail(problem);
            }

            next++;
            ring.Skip();
            ring.Release();
        }

        Assert.False(ring.IsCorrupt);
        return next;
    }

    private static void Produce(FrameRing ring, ref long next, CrashRing shared)
    {
        for (int i = 0; i < 64 && ring.TryClaim(CrashRing.BytesOf(next), out Span<byte> record); i++)
        {
            CrashRing.Fill(record, next);
            ring.Commit(record.Length);
            shared.Committed = ++next;
        }
    }
}
