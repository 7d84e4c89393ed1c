using System.Globalization;
using System.Numerics;

namespace Sluice.Frames.Memory;

/// <summary>Pinned slots of one engine: where payload waits that must be kept beyond its frame. Engine thread.</summary>
/// <remarks>
/// Slots are cut from slabs on the pinned heap; a slab whose slots are all back is let go, one is kept. What waits under our own credit has
/// been counted when the credit was granted (<see cref="MemoryUser.Credit"/>), so a slot itself counts nothing; who keeps
/// anything else counts it for its own user. Every lease carries its owner's name, and a slot that is still out when its engine stops is a
/// leak with that name.
/// </remarks>
public sealed class SlotPool
{
    /// <summary>Size of a slot, in bytes: two payloads, the usual window. Larger ones are made for one use.</summary>
    public const int SlotBytes = 2 * FrameLayout.PayloadBytesMax;

    private const int SlotsPerSlab = 8; // 512 KiB: few enough to be let go soon, enough to be rare.

    private readonly List<Slab?> _slabs = [];       // null where one was let go
    private readonly List<string?> _large = [];     // owners of slots of other sizes
    private int _emptySlabs;
    private int _hint;                              // a slab that probably has a free slot

    /// <summary>Slots that are out.</summary>
    public int LeasedCount { get; private set; }

    /// <summary>Memory of the slabs, in bytes.</summary>
    public long SlabBytes => _slabs.Count(slab => slab is not null) * (long)(SlotsPerSlab * SlotBytes);

    /// <summary>Borrows a slot.</summary>
    /// <param name="owner">Who: a constant that a leak report can show, such as <c>http response</c>.</param>
    /// <param name="bytesMin">What is needed; more than <see cref="SlotBytes"/> is made for this one use.</param>
    public Slot Lease(string owner, int bytesMin = SlotBytes)
    {
        LeasedCount++;
        if (bytesMin > SlotBytes)
        {
            return LeaseLarge(owner, bytesMin);
        }

        Slab slab = FindSlab();
        int index = BitOperations.TrailingZeroCount(slab.Free);
        _emptySlabs -= slab.Free == Slab.AllFree ? 1 : 0;
        slab.Free &= slab.Free - 1;
        slab.Owners[index] = owner;
        return new Slot(slab.Bytes, index * SlotBytes, SlotBytes, (_hint * SlotsPerSlab) + index);
    }

    /// <summary>Gives a slot back.</summary>
    /// <exception cref="InvalidOperationException">It is back already: a fault that would hand the same bytes to two owners.</exception>
    public void Return(Slot slot)
    {
        if (slot.IsNone || !TryRelease(slot.Number))
        {
            throw new InvalidOperationException("a slot is given back once, to the pool it came from");
        }

        LeasedCount--;
    }

    /// <summary>Owners of slots that are out, with how many each has.</summary>
    internal IEnumerable<string> Leaks() => _slabs.OfType<Slab>().SelectMany(slab => slab.Owners).Concat(_large).OfType<string>()
        .GroupBy(owner => owner, StringComparer.Ordinal)
        .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} slots of {group.Key}"));

    private bool TryRelease(int number)
    {
        if (number < 0)
        {
            bool isOut = ~number < _large.Count && _large[~number] is not null;
            if (isOut)
            {
                _large[~number] = null;
            }

            return isOut;
        }

        int place = number / SlotsPerSlab;
        int index = number % SlotsPerSlab;
        if (place >= _slabs.Count || _slabs[place] is not { } slab || slab.Owners[index] is null)
        {
            return false;
        }

        slab.Owners[index] = null;
        slab.Free |= 1u << index;
        _hint = place;
        if (slab.Free == Slab.AllFree && ++_emptySlabs > 1)
        {
            _slabs[place] = null;
            _emptySlabs--;
        }

        return true;
    }

    private Slab FindSlab()
    {
        if (_hint >= _slabs.Count || _slabs[_hint] is not { Free: not 0 })
        {
            _hint = _slabs.FindIndex(slab => slab is { Free: not 0 });
        }

        if (_hint < 0)
        {
            _hint = _slabs.IndexOf(null);
            if (_hint < 0)
            {
                _hint = _slabs.Count;
                _slabs.Add(null);
            }

            _slabs[_hint] = new Slab();
            _emptySlabs++;
        }

        return _slabs[_hint]!;
    }

    private Slot LeaseLarge(string owner, int bytes)
    {
        int index = _large.IndexOf(null);
        if (index < 0)
        {
            index = _large.Count;
            _large.Add(null);
        }

        _large[index] = owner;
        return new Slot(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), 0, bytes, ~index);
    }

    private sealed class Slab
    {
        public const uint AllFree = (1u << SlotsPerSlab) - 1;

        public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(SlotsPerSlab * SlotBytes, pinned: true);

        public string?[] Owners { get; } = new string?[SlotsPerSlab];

        /// <summary>A bit for each slot that is in.</summary>
        public uint Free { get; set; } = AllFree;
    }
}
