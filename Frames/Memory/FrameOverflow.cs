using System.Buffers.Binary;

namespace Sluice.Frames.Memory;

/// <summary>Frames that wait, in order, for room in a full ring: records one behind the other in leased slots. Engine thread.</summary>
/// <param name="slots">Where slots come from.</param>
/// <param name="memory">Where they count; null for an engine's way to itself: what waits there counts as the credit of its receivers.</param>
internal sealed class FrameOverflow(SlotPool slots, EngineMemory? memory)
{
    private const string Owner = "frames that wait for room in a ring";

    private readonly Queue<(Slot Slot, int End)> _filled = new();
    private Slot _last;
    private int _lastEnd;
    private int _head;

    public bool IsEmpty => Count == 0;

    public int Count { get; private set; }

    /// <summary>Room for a record. One that is forgotten is used again.</summary>
    public Span<byte> Claim(int bytes)
    {
        if (_last.IsNone || FrameLayout.Align(bytes) > _last.Bytes - _lastEnd)
        {
            if (_lastEnd > 0)
            {
                _filled.Enqueue((_last, _lastEnd));
                _last = default;
                _lastEnd = 0;
            }

            Return(ref _last);
            _last = slots.Lease(Owner, FrameLayout.Align(bytes));
            memory?.Take(MemoryUser.Overflow, _last.Bytes);
        }

        return _last.Span.Slice(_lastEnd, bytes);
    }

    public void Commit(int bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_last.Span[_lastEnd..], bytes);
        _lastEnd += FrameLayout.Align(bytes);
        Count++;
    }

    public bool TryPeek(out ReadOnlySpan<byte> record)
    {
        if (Count == 0)
        {
            record = default;
            return false;
        }

        Span<byte> slot = (_filled.TryPeek(out (Slot Slot, int End) first) ? first.Slot : _last).Span[_head..];
        record = slot[..BinaryPrimitives.ReadInt32LittleEndian(slot)];
        return true;
    }

    public void Pop()
    {
        TryPeek(out ReadOnlySpan<byte> record);
        _head += FrameLayout.Align(record.Length);
        if (--Count == 0)
        {
            Clear();
        }
        else if (_filled.TryPeek(out (Slot Slot, int End) first) && _head == first.End)
        {
            _filled.Dequeue();
            Return(ref first.Slot);
            _head = 0;
        }
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        while (_filled.TryDequeue(out (Slot Slot, int End) filled))
        {
            Return(ref filled.Slot);
        }

        Return(ref _last);
        _lastEnd = _head = Count = 0;
    }

    /// <summary>Lets go of a slot that was claimed for a frame which nobody sent.</summary>
    public void Trim()
    {
        if (Count == 0 && !_last.IsNone)
        {
            Clear();
        }
    }

    private void Return(ref Slot slot)
    {
        if (!slot.IsNone)
        {
            memory?.Give(MemoryUser.Overflow, slot.Bytes);
            slots.Return(slot);
            slot = default;
        }
    }
}
