using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>Slots are leased with an owner's name, and given back once.</summary>
public sealed class SlotPoolTests
{
    private readonly SlotPool _pool = new();

    [Fact]
    public void Slots_do_not_overlap_and_keep_what_is_written()
    {
        Slot[] slots = [.. Enumerable.Range(0, 20).Select(_ => _pool.Lease("test"))];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i].Span.Fill((byte)i);
        }

        Assert.All(slots.Index(), slot => Assert.Equal(-1, slot.Item.Memory.Span.IndexOfAnyExcept((byte)slot.Index)));
        Assert.All(slots, slot => Assert.Equal(SlotPool.SlotBytes, slot.Bytes));
    }

    [Fact]
    public void Empty_slabs_are_let_go_but_one()
    {
        Slot[] slots = [.. Enumerable.Range(0, 100).Select(_ => _pool.Lease("test"))];
        Assert.True(_pool.SlabBytes >= 100 * SlotPool.SlotBytes);
        Array.ForEach(slots, _pool.Return);
        Assert.Equal(8 * SlotPool.SlotBytes, _pool.SlabBytes);
        Assert.Equal(0, _pool.LeasedCount);
    }

    [Fact]
    public void Any_order_of_leases_and_returns_keeps_slots_apart()
    {
        var random = new Random(7);
        var leased = new Dictionary<int, (Slot Slot, byte Mark)>();
        for (int i = 0; i < 20_000; i++)
        {
            if (leased.Count > 0 && random.Next(50 + leased.Count) > 50)
            {
                int number = leased.Keys.ElementAt(random.Next(leased.Count));
                leased.Remove(number, out (Slot Slot, byte Mark) lease);
                Assert.Equal(lease.Mark, lease.Slot.Span[0]);
                _pool.Return(lease.Slot);
            }
            else
            {
                Slot slot = _pool.Lease("test", random.Next(20) == 0 ? SlotPool.SlotBytes + 1 : 1);
                slot.Span[0] = (byte)i;
                leased.Add(slot.Number, (slot, (byte)i));
            }
        }

        Assert.Equal(leased.Count, _pool.LeasedCount);
        Assert.All(leased.Values, lease => Assert.Equal(lease.Mark, lease.Slot.Span[0]));
    }

    [Fact]
    public void What_is_larger_than_a_slot_is_made_for_one_use()
    {
        Slot slot = _pool.Lease("test", FrameLayout.RecordBytesMax);
        Assert.Equal(FrameLayout.RecordBytesMax, slot.Bytes);
        _pool.Return(slot);
        Assert.Equal(0, _pool.SlabBytes);
        Assert.Throws<InvalidOperationException>(() => _pool.Return(slot));
    }

    [Fact]
    public void A_slot_is_given_back_once()
    {
        Slot slot = _pool.Lease("test");
        _pool.Return(slot);
        Assert.Throws<InvalidOperationException>(() => _pool.Return(slot));
        Assert.Throws<InvalidOperationException>(() => _pool.Return(default));
        Assert.Equal(0, _pool.LeasedCount);
    }

    [Fact]
    public void Slots_that_are_out_are_listed_by_owner()
    {
        _pool.Lease("http response");
        _pool.Lease("http response");
        _pool.Lease("frames", SlotPool.SlotBytes + 1);
        Assert.Equal(["2 slots of http response", "1 slots of frames"], _pool.Leaks());
    }
}
