using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sluice.Frames.Memory;

/// <summary>A single-producer single-consumer ring of variable-length records in plain or mapped memory.</summary>
/// <remarks>
/// <code>
///   0..127   magic i64, version i32, capacity i32, epoch i64   written once by the creator
/// 128..255   tail i64      next byte the producer writes; one ordered store commits a record
/// 256..383   head i64      next byte the consumer reads
/// 384..511   parked i32    1 while the consumer sleeps: the producer then rings its doorbell
/// 512..      records, each aligned to 8 bytes; a Wrap record fills the end when the next one would not fit
/// </code>
/// The cursors only grow and sit on cache lines of their own (two lines: the prefetcher works in pairs). Each side keeps a private
/// copy of the other's cursor and looks at the shared one only when it runs out. Nothing read from the memory is trusted:
/// a cursor or a record that cannot be is reported as corruption, so bad bytes end a link, never the process. Lengths and cursors are
/// fetched once: the other process may change them while we look.
/// One thread may produce and one may consume; they may be in different processes.
/// </remarks>
public sealed unsafe class FrameRing
{
    /// <summary>Bytes before the first record.</summary>
    public const int HeaderBytes = 512;

    /// <summary>Smallest capacity: two of the largest records.</summary>
    public const int CapacityBytesMin = 256 * 1024;

    /// <summary>Largest capacity; cursors within a record are 32-bit.</summary>
    public const int CapacityBytesMax = 1 << 30;

    private const long Magic = 0x31474E4952434C53; // "SLCRING1"
    private const int Version = 1;
    private const int EpochOffset = 16;
    internal const int TailOffset = 128;
    internal const int HeadOffset = 256;
    private const int ParkedOffset = 384;

    private readonly byte* _header;
    private readonly byte* _records;
    private readonly int _capacity;
    private readonly int _mask;

    private long _tail;         // producer's own
    private long _headSeen;     // producer's copy of head
    private long _head;         // consumer's own
    private long _tailSeen;     // consumer's copy of tail
    private int _readBytes;     // length of the record TryRead returned; what the memory says by now does not matter

    private FrameRing(byte* memory, int capacityBytes)
    {
        _header = memory;
        _records = memory + HeaderBytes;
        _capacity = capacityBytes;
        Epoch = *(long*)(memory + EpochOffset);
        _mask = capacityBytes - 1;
        _tail = _tailSeen = Volatile.Read(ref Cursor(TailOffset));
        _head = _headSeen = Volatile.Read(ref Cursor(HeadOffset));
    }

    /// <summary>Bytes of memory a ring of this capacity needs.</summary>
    public static int SizeOf(int capacityBytes) => HeaderBytes + capacityBytes;

    /// <summary>Lays out an empty ring.</summary>
    /// <param name="memory">At least <see cref="SizeOf"/> bytes, 8-byte aligned, alive as long as the ring.</param>
    /// <param name="capacityBytes">A power of two from <see cref="CapacityBytesMin"/> to <see cref="CapacityBytesMax"/>.</param>
    /// <param name="epoch">Which opening of its link it serves; 0 for a ring within a process.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is no power of two in range.</exception>
    public static FrameRing Create(byte* memory, int capacityBytes, long epoch = 0)
    {
        if (capacityBytes is < CapacityBytesMin or > CapacityBytesMax || !int.IsPow2(capacityBytes))
        {
            throw new ArgumentOutOfRangeException(nameof(capacityBytes), capacityBytes, $"must be a power of two from {CapacityBytesMin} to {CapacityBytesMax} bytes");
        }

        new Span<byte>(memory, HeaderBytes).Clear();
        *(int*)(memory + 8) = Version;
        *(int*)(memory + 12) = capacityBytes;
        *(long*)(memory + EpochOffset) = epoch;
        Volatile.Write(ref *(long*)memory, Magic);
        return new FrameRing(memory, capacityBytes);
    }

    /// <summary>Joins a ring that another process laid out.</summary>
    /// <returns>The ring, or null when the memory does not hold one of this version and size.</returns>
    public static FrameRing? TryOpen(byte* memory, long memoryBytes)
    {
        if (memoryBytes < HeaderBytes || Volatile.Read(ref *(long*)memory) != Magic || *(int*)(memory + 8) != Version)
        {
            return null;
        }

        int capacity = *(int*)(memory + 12);
        if (capacity is < CapacityBytesMin or > CapacityBytesMax || !int.IsPow2(capacity) || SizeOf(capacity) > memoryBytes)
        {
            return null;
        }

        var ring = new FrameRing(memory, capacity);
        return ring._head >= 0 && IsAligned(ring._head) && ring.IsReach(ring._tail - ring._head) ? ring : null;
    }

    /// <summary>Size of the record area, in bytes.</summary>
    public int CapacityBytes => _capacity;

    /// <summary>Which opening of its link it serves.</summary>
    public long Epoch { get; }

    /// <summary>True when this side met bytes that the other side never writes.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>True when everything committed has been read. Consumer side.</summary>
    public bool IsEmpty => Volatile.Read(ref Cursor(TailOffset)) == _head;

    /// <summary>Reserves room for a record. Producer side; a later claim without commit replaces this one.</summary>
    /// <param name="bytes">Record length, at most half the capacity.</param>
    /// <param name="record">The room, exactly <paramref name="bytes"/> long; its content is undefined.</param>
    /// <returns>False while the ring is too full.</returns>
    public bool TryClaim(int bytes, out Span<byte> record)
    {
        Debug.Assert(bytes >= 8 && bytes <= _capacity / 2, "records are at most half a ring, so that one always fits in an empty one");
        int needed = FrameLayout.Align(bytes);
        int index = (int)(_tail & _mask);
        int toEnd = _capacity - index;
        int total = needed <= toEnd ? needed : toEnd + needed;

        if (total > _capacity - (_tail - _headSeen))
        {
            long head = Volatile.Read(ref Cursor(HeadOffset));
            IsCorrupt |= head < _headSeen || head > _tail;
            _headSeen = IsCorrupt ? _headSeen : head;
            if (total > _capacity - (_tail - _headSeen))
            {
                record = default;
                return false;
            }
        }

        if (needed > toEnd)
        {
            *(int*)(_records + index + FrameLayout.Length) = toEnd;
            *(int*)(_records + index + FrameLayout.Type) = (int)FrameType.Wrap;
            _tail += toEnd; // Becomes visible together with the record behind it.
            index = 0;
        }

        record = new Span<byte>(_records + index, bytes);
        return true;
    }

    /// <summary>Makes the claimed record visible to the consumer. Producer side.</summary>
    /// <param name="bytes">Bytes really used, at most what was claimed; also stored as the record's length.</param>
    public void Commit(int bytes)
    {
        int index = (int)(_tail & _mask);
        *(int*)(_records + index + FrameLayout.Length) = bytes;
        _tail += FrameLayout.Align(bytes);
        Volatile.Write(ref Cursor(TailOffset), _tail);
    }

    /// <summary>Looks at the next record. Consumer side; it stays valid until <see cref="Release"/>.</summary>
    /// <returns>False when there is none, or the ring is corrupt.</returns>
    public bool TryRead(out ReadOnlySpan<byte> record)
    {
        while (!IsCorrupt)
        {
            if (_head == _tailSeen)
            {
                _tailSeen = Volatile.Read(ref Cursor(TailOffset));
                if (_head == _tailSeen)
                {
                    break;
                }

                if (!IsReach(_tailSeen - _head))
                {
                    IsCorrupt = true;
                    break;
                }
            }

            int index = (int)(_head & _mask);
            int toEnd = _capacity - index;
            int length = *(int*)(_records + index + FrameLayout.Length);
            int type = *(int*)(_records + index + FrameLayout.Type);
            if (length < FrameLayout.Alignment || length > _tailSeen - _head || length > toEnd)
            {
                IsCorrupt = true;
                break;
            }

            if (type == (int)FrameType.Wrap)
            {
                // It fills the end, and a record follows at the start: whoever writes one wrap behind the other never gets us to spin.
                IsCorrupt = length != toEnd || index == 0 || length == _tailSeen - _head;
                _head += length;
                continue;
            }

            _readBytes = length;
            record = new ReadOnlySpan<byte>(_records + index, length);
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>Steps over the record that <see cref="TryRead"/> returned. Consumer side.</summary>
    public void Skip() => _head += FrameLayout.Align(_readBytes); // Both cursors are aligned, so this is not beyond the tail.

    /// <summary>Gives the room of all skipped records back to the producer. Once a batch is enough. Consumer side.</summary>
    public void Release() => Volatile.Write(ref Cursor(HeadOffset), _head);

    /// <summary>Says that the consumer is about to sleep; it must look once more before it does. Consumer side.</summary>
    public void Park()
    {
        Volatile.Write(ref Parked, 1);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Says that the consumer is awake. Consumer side.</summary>
    public void Unpark() => Volatile.Write(ref Parked, 0);

    /// <summary>True, once, when the consumer sleeps and must be rung. Producer side, after a commit.</summary>
    public bool TakeParked()
    {
        Interlocked.MemoryBarrier(); // The commit must be visible before the flag is read, or both sides could miss each other.
        return Volatile.Read(ref Parked) != 0 && Interlocked.Exchange(ref Parked, 0) != 0;
    }

    private static bool IsAligned(long cursor) => (cursor & (FrameLayout.Alignment - 1)) == 0;

    // What lies between the cursors of a ring: whole alignments, no more than it holds.
    private bool IsReach(long bytes) => bytes >= 0 && bytes <= _capacity && IsAligned(bytes);

    private ref long Cursor(int offset) => ref Unsafe.AsRef<long>(_header + offset);

    private ref int Parked => ref Unsafe.AsRef<int>(_header + ParkedOffset);
}
