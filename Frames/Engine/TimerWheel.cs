using System.Numerics;

namespace Sluice.Frames;

/// <summary>The timers of one engine. Starting, moving and stopping one costs the same however many there are. Engine thread only.</summary>
/// <remarks>
/// Eight wheels of 64 slots turn like the hands of a clock. A slot of the first is one tick of 2^20 ns (about a millisecond), a slot of each
/// next one is a whole turn of the wheel before it; the last reaches as far as 64-bit nanoseconds do:
/// <code>
///   tick of the due time   ... | 6 bits: slot on wheel 2 | 6 bits: slot on wheel 1 | 6 bits: slot on wheel 0 |
/// </code>
/// A timer lies on the wheel of the highest group of bits in which its tick differs from the present one. When the hand enters a slot,
/// the timers in it move to lower wheels, at most eight times in a life. Timers fire in order of their due times to the nanosecond, never
/// early; those due together fire in order of starting. What a callback starts with no delay fires in the next turn, not in this one.
/// </remarks>
internal sealed class TimerWheel
{
    private const int TickShift = 20;
    private const int SlotBits = 6;
    private const int SlotCount = 1 << SlotBits;
    private const int SlotMask = SlotCount - 1;
    private const int Wheels = 8; // 20 + 8 * 6 bits: more than a long has.
    private const int DueSlot = Wheels * SlotCount; // One more list: what fires in this turn.

    private readonly TimerList[] _lists = new TimerList[DueSlot + 1];
    private readonly ulong[] _occupied = new ulong[Wheels];
    private long _tick;
    private long _nowNs;

    public TimerWheel() => Array.Fill(_lists, new TimerList());

    /// <summary>When to look again: the soonest due time, never later. It may be earlier, once, after the soonest timer was stopped.</summary>
    public long NextDueNs
    {
        get
        {
            for (int wheel = 0; wheel < Wheels; wheel++)
            {
                if (_occupied[wheel] != 0)
                {
                    return _lists[(wheel << SlotBits) + BitOperations.TrailingZeroCount(_occupied[wheel])].DueNsMin;
                }
            }

            return long.MaxValue;
        }
    }

    /// <summary>A turn begins: what is started from here on counts from this time.</summary>
    public void SetNow(long nowNs) => _nowNs = nowNs;

    public void Start(EngineTimer timer, long delayMs)
    {
        Remove(timer);
        long room = long.MaxValue - _nowNs;
        timer.DueNs = delayMs <= 0 ? _nowNs : delayMs >= room / 1_000_000 ? long.MaxValue : _nowNs + (delayMs * 1_000_000);
        Place(timer);
    }

    public void Remove(EngineTimer timer)
    {
        int slot = timer.Slot;
        if (slot >= 0)
        {
            _lists[slot].Remove(timer);
            if (slot != DueSlot && _lists[slot].IsEmpty)
            {
                _occupied[slot >> SlotBits] &= ~(1UL << (slot & SlotMask));
            }
        }
    }

    /// <summary>Fires what is due. Returns how many.</summary>
    public int Fire(FrameEngine engine)
    {
        ref TimerList due = ref _lists[DueSlot];
        Collect(ref due);
        due.Sort();
        int count = 0;
        while (due.Head is { } timer)
        {
            due.Remove(timer);
            count++;
            timer.Fire(engine);
        }

        return count;
    }

    /// <summary>Lets go of all timers: the engine has stopped.</summary>
    public void Clear()
    {
        foreach (ref TimerList list in _lists.AsSpan())
        {
            while (list.Head is { } timer)
            {
                timer.Dispose();
            }
        }
    }

    private void Place(EngineTimer timer)
    {
        long tick = Math.Max(timer.DueNs >> TickShift, _tick);
        int wheel = tick == _tick ? 0 : BitOperations.Log2((ulong)(tick ^ _tick)) / SlotBits;
        int slot = (int)(tick >> (wheel * SlotBits)) & SlotMask;
        _occupied[wheel] |= 1UL << slot;
        _lists[(wheel << SlotBits) + slot].Append(timer, (wheel << SlotBits) + slot);
    }

    // Moves the hands to this turn's time; what they pass is due.
    private void Collect(ref TimerList due)
    {
        long tick = _nowNs >> TickShift;
        if (tick > _tick)
        {
            int top = BitOperations.Log2((ulong)(tick ^ _tick)) / SlotBits;
            for (int wheel = 0; wheel < top; wheel++)
            {
                TakeAll(ref due, wheel, SlotMask); // The rest of a turn that is over.
            }

            int entered = (int)(tick >> (top * SlotBits)) & SlotMask;
            TakeAll(ref due, top, entered - 1);
            _tick = tick;
            Enter(ref due, top, entered);
        }

        // The tick we are in: only what is due to the nanosecond. Its timers stay sorted from here on.
        ref TimerList now = ref _lists[_tick & SlotMask];
        if (now.DueNsMin <= _nowNs)
        {
            now.Sort();
            while (now.Head is { } timer && timer.DueNs <= _nowNs)
            {
                Remove(timer);
                due.Append(timer, DueSlot);
            }

            now.Sort();
        }
    }

    private void TakeAll(ref TimerList due, int wheel, int lastSlot)
    {
        ulong passed = _occupied[wheel] & (lastSlot == SlotMask ? ulong.MaxValue : (1UL << (lastSlot + 1)) - 1);
        _occupied[wheel] &= ~passed;
        for (; passed != 0; passed &= passed - 1)
        {
            ref TimerList list = ref _lists[(wheel << SlotBits) + BitOperations.TrailingZeroCount(passed)];
            while (list.Head is { } timer)
            {
                list.Remove(timer);
                due.Append(timer, DueSlot);
            }
        }
    }

    // The hand enters a slot: its timers lie on lower wheels from now on, or are due already.
    private void Enter(ref TimerList due, int wheel, int slot)
    {
        if (wheel == 0 || (_occupied[wheel] & (1UL << slot)) == 0)
        {
            return;
        }

        _occupied[wheel] &= ~(1UL << slot);
        ref TimerList list = ref _lists[(wheel << SlotBits) + slot];
        while (list.Head is { } timer)
        {
            list.Remove(timer);
            if (timer.DueNs <= _nowNs)
            {
                due.Append(timer, DueSlot);
            }
            else
            {
                Place(timer);
            }
        }
    }
}
