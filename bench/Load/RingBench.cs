using System.Diagnostics;
using System.Runtime.InteropServices;
using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.Bench.Load;

/// <summary>The ring alone: one thread writes frames as fast as it can, another reads them in batches.</summary>
internal static unsafe class RingBench
{
    private const int Capacity = 1024 * 1024;
    private const int ReleaseEvery = 64; // The consumer gives room back once a batch, as an engine does once a turn.

    public static void Run(LoadOptions options)
    {
        Measure(64, 1);
        (double frames, double allocated) = Measure(64, options.Seconds);
        (double large, _) = Measure(1024, options.Seconds);
        Figures.Print("frames_per_s", frames);
        Figures.Print("bytes_per_s", large * 1024);
        Figures.Print("alloc_bytes_per_frame", allocated);
    }

    private static (double PerSecond, double AllocatedPerFrame) Measure(int frameBytes, int seconds)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)FrameRing.SizeOf(Capacity), 128);
        NativeMemory.Clear(memory, (nuint)FrameRing.SizeOf(Capacity));
        FrameRing producer = FrameRing.Create(memory, Capacity);
        FrameRing consumer = FrameRing.TryOpen(memory, FrameRing.SizeOf(Capacity))!;
        bool isOver = false;
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var writer = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                if (producer.TryClaim(frameBytes, out Span<byte> room))
                {
                    room.Fill(7);
                    MemoryMarshal.Write(room[4..], (int)FrameType.Data);
                    producer.Commit(frameBytes);
                }
                else
                {
                    Thread.SpinWait(8);
                }
            }
        });
        writer.Start();
        long count = 0;
        long sum = 0;
        long start = Stopwatch.GetTimestamp();
        long end = start + (seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            int batch = 0;
            while (batch < ReleaseEvery && consumer.TryRead(out ReadOnlySpan<byte> record))
            {
                sum += record[^1];
                consumer.Skip();
                batch++;
            }

            consumer.Release();
            count += batch;
            if (batch == 0)
            {
                Thread.SpinWait(8);
            }
        }

        double took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        Volatile.Write(ref isOver, true);
        writer.Join();
        NativeMemory.AlignedFree(memory);
        return sum == count * 7 ? (count / took, Math.Round((double)allocated / count, 4)) : throw new InvalidOperationException("a frame was torn");
    }
}
