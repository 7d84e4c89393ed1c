using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>The files that streams of an engine refer to, by number. Engine thread.</summary>
/// <remarks>
/// A number is a slot and how often slots have been given away, so it never means two files; the same number is told on every link. When all
/// slots are taken, the file that was not referred to for longest gives way, unless all are in use: then the newcomer's content is copied.
/// </remarks>
/// <param name="ends">The ways on which files are told.</param>
internal sealed class SourceTable(List<LinkEnd> ends)
{
    /// <summary>Slots of an engine, and so files that it refers to at a time: each is a mapping at every peer, of 65,530 that Linux gives a process.</summary>
    public const int SlotCount = 256;

    /// <summary>A file that was referred to so lately keeps its slot: telling of files back and forth costs more than copying.</summary>
    public const long UnusedNs = 10_000_000_000;

    private PayloadSource?[] _slots = [];
    private int _count;
    private int _lastNumber;
    private long _nextLookNs;

    public static int SlotOf(int number) => number & (SlotCount - 1);

    /// <summary>Files with a number now.</summary>
    public int Count => _count;

    /// <summary>Gives a file a number, if it has none.</summary>
    /// <returns>False when it must be copied from.</returns>
    /// <exception cref="InvalidOperationException">It serves another engine.</exception>
    public bool TryUse(PayloadSource source, long nowNs)
    {
        if (source.Table is { } other && other != this)
        {
            throw new InvalidOperationException($"a payload source serves one engine: map {source.Path} once more for another");
        }

        if (source.Number == 0 && (source.IsRetired || !TryMakeRoom(nowNs)))
        {
            return false;
        }

        source.UsedNs = nowNs;
        if (source.Number == 0)
        {
            Add(source);
        }

        return !source.IsRetired;
    }

    /// <summary>The file with this number; null when there is none.</summary>
    public PayloadSource? Find(int number)
    {
        PayloadSource? source = _slots.Length == 0 ? null : _slots[SlotOf(number)];
        return source?.Number == number ? source : null;
    }

    /// <summary>Tells all peers that a file will not be referred to any more.</summary>
    public void TellGone(PayloadSource source)
    {
        foreach (LinkEnd end in ends)
        {
            end.TellGone(source);
        }
    }

    public void Remove(PayloadSource source)
    {
        _slots[SlotOf(source.Number)] = null;
        _count--;
    }

    /// <summary>The engine stops.</summary>
    public void Close()
    {
        PayloadSource?[] slots = _slots;
        _slots = [];
        _count = 0;
        foreach (PayloadSource? source in slots)
        {
            source?.Leave();
        }
    }

    private void Add(PayloadSource source)
    {
        if (_slots.Length == 0)
        {
            _slots = new PayloadSource?[SlotCount];
        }

        do
        {
            _lastNumber = (_lastNumber + 1) & int.MaxValue;
        }
        while (_lastNumber == 0 || _slots[SlotOf(_lastNumber)] is not null);
        _slots[SlotOf(_lastNumber)] = source;
        _count++;
        source.Enter(this, _lastNumber);
    }

    private bool TryMakeRoom(long nowNs)
    {
        if (_count < SlotCount)
        {
            return true;
        }

        if (nowNs < _nextLookNs)
        {
            return false;
        }

        PayloadSource oldest = _slots[0]!;
        foreach (PayloadSource? source in _slots)
        {
            oldest = source!.UsedNs < oldest.UsedNs ? source : oldest;
        }

        if (oldest.IsUnderWay || oldest.UsedNs > nowNs - UnusedNs)
        {
            _nextLookNs = oldest.UsedNs + UnusedNs; // None of them is unused before.
            return false;
        }

        TellGone(oldest);
        Remove(oldest);
        oldest.Leave();
        return true;
    }
}
