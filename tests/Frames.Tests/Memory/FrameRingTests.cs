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
                FrameRing consumer = FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
                bytes.CopyTo(new Span<byte>(memory.Pointer + FrameRing.HeaderBytes, bytes.Length));
                *(long*)(memory.Pointer + 128) = tail % (1 << 20);
                *(long*)(memory.Pointer + 256) = head % (1 << 20);
                Assert.True(FrameRing.TryOpen(memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin)) is null || IsSane(tail % (1 << 20), head % (1 << 20)));
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
    public void A_producer_that_writes_one_wrap_behind_the_other_is_corrupt_and_keeps_nobody_busy()
    {
        FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        FrameRing consumer = FrameRing.TryOpen(_memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
        var records = new Span<byte>(_memory.Pointer + FrameRing.HeaderBytes, FrameRing.CapacityBytesMin);
        records.Clear();
        for (int at = 0; at < records.Length; at += 8)
        {
            BinaryPrimitives.WriteInt32LittleEndian(records[at..], 8); // Wraps of eight bytes, all around.
        }

        *(long*)(_memory.Pointer + 128) = FrameRing.CapacityBytesMin;
        Assert.False(consumer.TryRead(out _));
        Assert.True(consumer.IsCorrupt);
    }

    [Fact]
    public void A_consumer_whose_cursor_runs_ahead_or_back_is_corrupt()
    {
        FrameRing producer = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        foreach (long head in new[] { 1L << 40, -8 })
        {
            *(long*)(_memory.Pointer + 256) = head;
            for (int i = 0; i < 10 && !producer.IsCorrupt; i++)
            {
                if (producer.TryClaim(FrameRing.CapacityBytesMin / 2, out _))
                {
                    producer.Commit(FrameRing.CapacityBytesMin / 2);
                }
            }

            Assert.True(producer.IsCorrupt);
            producer = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        }
    }

    [Fact]
    public void A_length_that_changes_after_it_was_read_moves_nobody()
    {
        FrameRing producer = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        FrameRing consumer = FrameRing.TryOpen(_memory.Pointer, FrameRing.SizeOf(FrameRing.CapacityBytesMin))!;
        for (int i = 1; i <= 2; i++)
        {
            Assert.True(producer.TryClaim(64, out Span<byte> room));
            Fill(room, i);
            producer.Commit(64);
        }

        Assert.True(consumer.TryRead(out ReadOnlySpan<byte> first));
        Assert.Equal(64, first.Length);
        *(int*)(_memory.Pointer + FrameRing.HeaderBytes) = 8; // What a hostile producer does meanwhile.
        consumer.Skip();
        Assert.True(consumer.TryRead(out ReadOnlySpan<byte> second));
        Assert.Equal(2, BinaryPrimitives.ReadInt32LittleEndian(second[8..]));
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

    private static bool IsSane(long tail, long head) => head >= 0 && head % 8 == 0 && tail % 8 == 0 && tail - head is >= 0 and <= FrameRing.CapacityBytesMin;

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
