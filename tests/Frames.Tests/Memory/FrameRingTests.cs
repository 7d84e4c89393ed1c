using System.Buffers.Binary;
using CsCheck;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>The ring keeps every committed record, whole and in order, and trusts nothing it reads.</summary>
public sealed unsafe class FrameRingTests : IDisposable
{
    private readonly NativeMemoryBlock _memory = new(FrameRing.SizeOf(FrameRing.CapacityBytesMin));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Records_come_out_as_they_went_in_for_any_mix_of_sizes()
    {
        Gen.Int[8, FrameRing.CapacityBytesMin / 2].Array[1, 200].Sample(
            sizes =>
            {
                using var memory = new NativeMemoryBlock(FrameRing.SizeOf(FrameRing.CapacityBytesMin));
                FrameRing producer = FrameRing.Create(memory.Pointer, FrameRing.CapacityBytesMin);
                FrameRing consumer = FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
                int written = 0;
                int read = 0;
                while (read < sizes.Length)
                {
                    if (written < sizes.Length && producer.TryClaim(sizes[written], out Span<byte> room))
                    {
                        Fill(room, written);
                        producer.Commit(sizes[written]);
                        written++;
                        continue;
                    }

                    Assert.True(consumer.TryRead(out ReadOnlySpan<byte> record));
                    Assert.Equal(sizes[read], record.Length);
                    Assert.True(record.Length < 13 || record[^1] == (byte)read);
                    consumer.Skip();
                    consumer.Release();
                    read++;
                }

                Assert.True(consumer.IsEmpty);
            },
            iter: 200);
    }

    [Fact]
    public void Two_threads_lose_nothing_and_tear_nothing()
    {
        FrameRing producer = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        FrameRing consumer = FrameRing.TryOpen(_memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
        const int Count = 300_000;
        var writer = new Thread(() =>
        {
            var random = new Random(7);
            for (int i = 0; i < Count;)
            {
                int bytes = 80 + random.Next(300);
                var spin = default(SpinWait);
                Span<byte> room;
                while (!producer.TryClaim(bytes, out room))
                {
                    spin.SpinOnce();
                }

                Fill(room, i++);
                producer.Commit(bytes);
            }
        });
        writer.Start();
        var wait = default(SpinWait);
        for (int expected = 0; expected < Count;)
        {
            if (!consumer.TryRead(out ReadOnlySpan<byte> record))
            {
                Assert.False(consumer.IsCorrupt);
                wait.SpinOnce();
                continue;
            }

            Assert.Equal(expected, BinaryPrimitives.ReadInt32LittleEndian(record[8..]));
            Assert.Equal(-1, record[12..].IndexOfAnyExcept((byte)expected));
            consumer.Skip();
            consumer.Release();
            expected++;
        }

        writer.Join();
    }

    [Fact]
    public void A_parked_consumer_is_rung_once()
    {
        FrameRing ring = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        Assert.False(ring.TakeParked());
        ring.Park();
        Assert.True(ring.TakeParked());
        Assert.False(ring.TakeParked());
    }

    [Fact]
    public void Random_bytes_in_the_ring_are_corruption_and_never_a_crash()
    {
        Gen.Select(Gen.Byte.Array[FrameRing.CapacityBytesMin / 64], Gen.Long, Gen.Long).Sample(
            (bytes, tail, head) =>
            {
                using var memory = new NativeMemoryBlock(FrameRing.SizeOf(FrameRing.CapacityBytesMin));
                FrameRing.Create(memory.Pointer, FrameRing.CapacityBytesMin);
                bytes.CopyTo(new Span<byte>(memory.Pointer + FrameRing.HeaderBytes, bytes.Length));
                *(long*)(memory.Pointer + 128) = tail % (1 << 20);
                *(long*)(memory.Pointer + 256) = head % (1 << 20) & ~7;
                FrameRing consumer = FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
                for (int i = 0; i < 10_000 && consumer.TryRead(out ReadOnlySpan<byte> record); i++)
                {
                    _ = FrameCheck.IsSound(record);
                    consumer.Skip();
                    consumer.Release();
                }
            },
            iter: 500);
    }

    [Fact]
    public void Memory_that_holds_no_ring_is_not_opened()
    {
        using var memory = new NativeMemoryBlock(FrameRing.SizeOf(FrameRing.CapacityBytesMin));
        Assert.Null(FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin)));
        FrameRing.Create(memory.Pointer, FrameRing.CapacityBytesMin);
        Assert.NotNull(FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin)));
        Assert.Null(FrameRing.TryOpen(memory.Pointer, FrameRing.CapacityBytesMin));
        *(int*)(memory.Pointer + 12) = int.MaxValue;
        Assert.Null(FrameRing.TryOpen(memory.Pointer, long.MaxValue));
    }

    private static void Fill(Span<byte> room, int number)
    {
        room.Fill((byte)number);
        BinaryPrimitives.WriteInt32LittleEndian(room[4..], (int)FrameType.Data); // Not a wrap.
        if (room.Length >= 12)
        {
            BinaryPrimitives.WriteInt32LittleEndian(room[8..], number);
        }
    }
}
