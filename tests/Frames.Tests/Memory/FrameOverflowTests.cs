using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>Frames that wait for room keep their order and their bytes, and give all memory back.</summary>
public sealed class FrameOverflowTests
{
    private readonly SlotPool _slots = new();
    private readonly EngineMemory _memory = new(new MemoryBudget(long.MaxValue), new EngineCounters());

    [Fact]
    public void Records_of_any_size_come_out_as_they_went_in()
    {
        var overflow = new FrameOverflow(_slots, _memory);
        var random = new Random(3);
        var model = new Queue<(int Bytes, byte Mark)>();
        for (int i = 0; i < 50_000; i++)
        {
            if (random.Next(101) < (i / 1000 % 2 == 0 ? 60 : 45))
            {
                int bytes = random.Next(10) == 0 ? random.Next(8, FrameLayout.RecordBytesMax) : random.Next(8, 300);
                overflow.Claim(bytes + random.Next(64)); // Forgotten.
                overflow.Claim(bytes).Fill((byte)i);
                overflow.Commit(bytes);
                model.Enqueue((bytes, (byte)i));
            }
            else if (model.TryDequeue(out (int Bytes, byte Mark) expected))
            {
                Assert.True(overflow.TryPeek(out ReadOnlySpan<byte> record));
                Assert.Equal(expected.Bytes, record.Length);
                Assert.Equal(expected.Bytes, BinaryPrimitives.ReadInt32LittleEndian(record));
                Assert.Equal(-1, record[4..].IndexOfAnyExcept(expected.Mark));
                overflow.Pop();
            }

            Assert.Equal((model.Count, model.Count == 0), (overflow.Count, overflow.IsEmpty));
        }

        while (overflow.TryPeek(out _))
        {
            overflow.Pop();
        }

        Assert.Equal((0, 0), (_slots.LeasedCount, _memory.UsedBy(MemoryUser.Overflow)));
    }

    [Fact]
    public void What_waits_counts_in_the_budget_until_it_is_dropped()
    {
        var overflow = new FrameOverflow(_slots, _memory);
        for (int i = 0; i < 5; i++)
        {
            overflow.Claim(40_000);
            overflow.Commit(40_000);
        }

        Assert.Equal(5 * SlotPool.SlotBytes, _memory.UsedBy(MemoryUser.Overflow));
        overflow.Clear();
        overflow.Claim(100);
        overflow.Trim(); // Claimed and never sent.
        Assert.Equal((0, 0), (_slots.LeasedCount, _memory.UsedBy(MemoryUser.Overflow)));
    }
}
