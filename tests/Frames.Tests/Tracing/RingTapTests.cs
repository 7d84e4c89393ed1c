using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>A reader that only looks: what it copies is whole, what it missed is counted, and the ring does not change.</summary>
public sealed unsafe class RingTapTests : IDisposable
{
    private const int Capacity = 512 * 1024;

    private readonly NativeMemoryBlock _memory = new(FrameRing.SizeOf(Capacity));
    private readonly FrameRing _ring;

    public RingTapTests() => _ring = FrameRing.Create(_memory.Pointer, Capacity);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void It_sees_what_waits_and_what_comes_and_changes_nothing()
    {
        Write(100);
        RingTap tap = RingTap.TryOpen(_memory.Pointer, FrameRing.SizeOf(Capacity), epoch: 0)!;
        Write(101);
        byte[] before = new ReadOnlySpan<byte>(_memory.Pointer, 1024).ToArray();
        byte[] record = new byte[FrameLayout.RecordBytesMax];
        Assert.Equal(100, Number(record, tap));
        Assert.Equal(101, Number(record, tap));
        Assert.Equal(0, tap.TryRead(record));
        Assert.True(before.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(_memory.Pointer, 1024)));
    }

    [Fact]
    public void When_it_is_lapped_it_says_how_much_it_missed_and_goes_on()
    {
        RingTap tap = RingTap.TryOpen(_memory.Pointer, FrameRing.SizeOf(Capacity), epoch: 0)!;
        long written = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Write(i);
            written += Consume();
        }

        Write(10_000);
        byte[] record = new byte[FrameLayout.RecordBytesMax];
        Assert.Equal(10_000, Number(record, tap));
        Assert.True(tap.TakeLost() >= written, "all that was consumed meanwhile is lost to the tap");
        Assert.Equal(0, tap.TakeLost());
        Assert.False(tap.IsCorrupt);
    }

    [Fact]
    public void Beside_a_quick_producer_every_copy_is_whole()
    {
        RingTap tap = RingTap.TryOpen(_memory.Pointer, FrameRing.SizeOf(Capacity), epoch: 0)!;
        const int Count = 400_000;
        var producer = new Thread(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                while (!TryWrite(i))
                {
                    Thread.SpinWait(10);
                }
            }
        });
        var consumer = new Thread(() =>
        {
            int left = Count;
            while (left > 0)
            {
                left -= Consume() > 0 ? 1 : 0;
            }
        });
        producer.Start();
        consumer.Start();
        byte[] record = new byte[FrameLayout.RecordBytesMax];
        int last = -1;
        int seen = 0;
        while (consumer.IsAlive)
        {
            int length = tap.TryRead(record);
            if (length > 0)
            {
                int number = Check(record.AsSpan(0, length));
                Assert.True(number > last, $"{number} after {last}");
                last = number;
                seen++;
            }
        }

        Assert.False(tap.IsCorrupt);
        Assert.True(seen > 0);
    }

    // A record whose bytes all follow from its number, so that a torn copy shows.
    private static int Check(ReadOnlySpan<byte> record)
    {
        int number = BinaryPrimitives.ReadInt32LittleEndian(record[8..]);
        Assert.Equal(LengthOf(number), record.Length);
        Assert.Equal(-1, record[12..].IndexOfAnyExcept((byte)number));
        return number;
    }

    private static int LengthOf(int number) => 16 + ((number * 31) % 1000);

    private static int Number(byte[] record, RingTap tap) => Check(record.AsSpan(0, tap.TryRead(record)));

    private bool TryWrite(int number)
    {
        if (!_ring.TryClaim(LengthOf(number), out Span<byte> record))
        {
            return false;
        }

        record[4..].Fill((byte)number);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], (int)FrameType.Data);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], number);
        _ring.Commit(record.Length);
        return true;
    }

    private void Write(int number) => Assert.True(TryWrite(number));

    private int Consume()
    {
        if (!_ring.TryRead(out ReadOnlySpan<byte> record))
        {
            return 0;
        }

        int bytes = FrameLayout.Align(record.Length);
        _ring.Skip();
        _ring.Release();
        return bytes;
    }
}
