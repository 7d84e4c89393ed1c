using System.Runtime.CompilerServices;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Memory;

/// <summary>The block of counters of one engine, in a mapped file or in plain memory; it lives as long as anyone can reach it.</summary>
internal sealed unsafe class CounterMemory
{
    // Keeps the memory alive: a pinned array, or the mapped file. Counters may be read after their engine has stopped.
    private readonly object _owner;
    private readonly byte* _block;

    private CounterMemory(object owner, byte* block)
    {
        _owner = owner;
        _block = block;
        Row(CounterLayout.Rows - 1) = CounterLayout.OthersId;
    }

    public static CounterMemory Plain()
    {
        long[] block = GC.AllocateArray<long>(CounterLayout.BlockBytes / 8, pinned: true);
        return new CounterMemory(block, (byte*)Unsafe.AsPointer(ref block[0]));
    }

    public static CounterMemory Mapped(CounterFile owner, MappedFile file, int engine) =>
        new(owner, file.Start + CounterLayout.HeaderBytes + ((long)engine * CounterLayout.BlockBytes));

    public ref long Slot(EngineCounter counter) => ref Unsafe.AsRef<long>(_block + ((int)counter * 8));

    /// <summary>Turns of a length.</summary>
    /// <param name="bucket">Of <see cref="TurnLengths"/>.</param>
    public ref long Turn(int bucket) => ref Unsafe.AsRef<long>(_block + ((CounterLayout.TurnSlot + bucket) * 8));

    /// <summary>The id of a row.</summary>
    public ref long Row(int row) => ref Unsafe.AsRef<long>(RowStart(row));

    /// <summary>One direction of one group of a row.</summary>
    public DirectionCounters Direction(int row, bool isOpened, bool isReply)
    {
        byte* group = RowStart(row) + (isOpened ? CounterLayout.OpenedOffset : CounterLayout.AcceptedOffset);
        return new DirectionCounters((long*)group + (isReply ? CounterLayout.DirectionSlots : 0));
    }

    public long Stream(int row, bool isOpened, StreamCounter counter) =>
        *(long*)(RowStart(row) + (isOpened ? CounterLayout.OpenedOffset : CounterLayout.AcceptedOffset) + ((int)counter * 8));

    public override string ToString() => $"counters in {_owner}";

    private byte* RowStart(int row) => _block + (CounterLayout.Slots * 8) + ((long)row * CounterLayout.RowBytes);
}

/// <summary>Counts one direction of a stream for its binding: plain adds by the engine's thread.</summary>
internal readonly unsafe struct DirectionCounters(long* slots)
{
    private readonly long* _slots = slots;

    /// <summary>Those of the reply, when these are of the initial direction.</summary>
    public DirectionCounters Reply => new(_slots + CounterLayout.DirectionSlots);

    public void Open()
    {
        _slots[0]++;
        _slots[4]++;
    }

    /// <summary>Counts the end.</summary>
    /// <param name="isError">ABORT or RESET.</param>
    /// <param name="wasOpen">The direction had begun.</param>
    public void Close(bool isError, bool wasOpen)
    {
        _slots[isError ? 2 : 1]++;
        if (wasOpen)
        {
            _slots[4]--;
        }
    }

    public void Data(int bytes) => _slots[3] += bytes;
}
