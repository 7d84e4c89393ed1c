namespace Sluice.Frames.Memory;

/// <summary>Reads along in a ring that two others use. It never writes, so it cannot slow, stop or spoil them; they can overrun it.</summary>
/// <remarks>
/// What lies at a position p stays there until the producer writes p + capacity. The producer writes only up to head + capacity, and
/// never further than one record (with the wrap before it) beyond the tail it has published. So a copy was good if, looked at after
/// copying, head has not passed p, or tail is at least two of the largest records short of p + capacity. If neither holds the tap
/// has been lapped: it goes on at the consumer's head, a record's start, and tells how many bytes it has missed.
/// </remarks>
internal sealed unsafe class RingTap
{
    private const int MarginBytes = 2 * (FrameLayout.RecordBytesMax + FrameLayout.Alignment);

    private readonly byte* _header;
    private readonly int _capacity;
    private long _position;

    private RingTap(byte* header, int capacity)
    {
        _header = header;
        _capacity = capacity;
        _position = Head; // From what the consumer has not read yet.
    }

    /// <summary>Bytes missed since the last call of <see cref="TakeLost"/>.</summary>
    private long _lost;

    /// <summary>True when the ring holds what no producer writes; nothing more is read.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>Opens a tap; null when there is no ring of this version, size and epoch.</summary>
    /// <param name="memory">Its first byte.</param>
    /// <param name="bytes">Its room.</param>
    /// <param name="epoch">The opening of the link that it must be of.</param>
    public static RingTap? TryOpen(byte* memory, long bytes, long epoch)
    {
        // The check is FrameRing's own; what it makes is thrown away, because only its owners may move cursors.
        return FrameRing.TryOpen(memory, bytes) is { } ring && ring.Epoch == epoch ? new RingTap(memory, ring.CapacityBytes) : null;
    }

    /// <summary>Copies the next record.</summary>
    /// <param name="record">At least the largest record long.</param>
    /// <returns>Its length, or 0 when there is none now.</returns>
    public int TryRead(Span<byte> record)
    {
        while (!IsCorrupt)
        {
            long available = Tail - _position;
            if (available == 0)
            {
                return 0;
            }

            int index = (int)(_position & (_capacity - 1));
            byte* start = _header + FrameRing.HeaderBytes + index;
            int length = *(int*)(start + FrameLayout.Length);
            int type = *(int*)(start + FrameLayout.Type);
            bool isSound = available > 0 && length >= FrameLayout.Alignment && length <= available && length <= _capacity - index
                && (type == (int)FrameType.Wrap || length <= record.Length);
            if (isSound && type != (int)FrameType.Wrap)
            {
                new ReadOnlySpan<byte>(start, length).CopyTo(record);
            }

            Interlocked.MemoryBarrier(); // The copy comes before the look whether it was good.
            if (WasOverrun())
            {
                long head = Head;
                _lost += Math.Max(0, head - _position);
                _position = Math.Max(head, _position);
                continue;
            }

            if (!isSound)
            {
                IsCorrupt = true;
                break;
            }

            _position += FrameLayout.Align(length);
            if (type != (int)FrameType.Wrap)
            {
                return length;
            }
        }

        return 0;
    }

    /// <summary>Bytes missed since the last call.</summary>
    public long TakeLost()
    {
        long lost = _lost;
        _lost = 0;
        return lost;
    }

    private long Tail => Volatile.Read(ref *(long*)(_header + FrameRing.TailOffset));

    private long Head => Volatile.Read(ref *(long*)(_header + FrameRing.HeadOffset));

    private bool WasOverrun() => Tail + MarginBytes > _position + _capacity && Head > _position;
}
