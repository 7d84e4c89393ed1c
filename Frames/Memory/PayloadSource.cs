namespace Sluice.Frames.Memory;

/// <summary>A mapped file that DATA may refer to instead of carrying bytes (design.md §4).</summary>
/// <remarks>
/// Whoever makes one promises that the file is never cut short, and never changed where it has been referred to. Its name may go at any
/// time: a peer that has it mapped keeps it, one that comes too late gets copies. Engine thread only: a source serves one engine.
/// </remarks>
public sealed unsafe class PayloadSource
{
    private readonly byte* _start;
    private readonly IDisposable _mapping;
    private SourceTable? _table;
    private int _underWay;
    private bool _isRetired;

    /// <summary>Offers a mapped file.</summary>
    /// <param name="path">Where a peer of this host finds it.</param>
    /// <param name="start">First byte.</param>
    /// <param name="bytes">How many are mapped.</param>
    /// <param name="mapping">Disposed of when the source is retired and nothing that refers to it is under way.</param>
    public PayloadSource(string path, byte* start, long bytes, IDisposable mapping)
    {
        Path = path;
        _start = start;
        Bytes = bytes;
        _mapping = mapping;
    }

    /// <summary>Maps all of a file and offers it.</summary>
    /// <exception cref="IOException">It is not there, empty, or cannot be read.</exception>
    public static PayloadSource Open(string path)
    {
        var map = new ReadOnlyMap(File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete));
        return new PayloadSource(path, map.Start, map.Bytes, map);
    }

    /// <summary>Where the file is, or was.</summary>
    public string Path { get; }

    /// <summary>What is mapped; 0 once it is not.</summary>
    public long Bytes { get; private set; }

    /// <summary>Its number on the engine that refers to it; 0 for none.</summary>
    internal int Number { get; private set; }

    /// <summary>The table of the engine that it serves; null before it is first referred to.</summary>
    internal SourceTable? Table => _table;

    /// <summary>When it was last referred to.</summary>
    internal long UsedNs { get; set; }

    internal bool IsUnderWay => _underWay > 0;

    internal bool IsRetired => _isRetired;

    /// <summary>The owner lets go: nothing more is referred to, and the mapping goes as soon as what is under way on this engine has arrived.</summary>
    public void Retire()
    {
        if (!_isRetired)
        {
            _isRetired = true;
            _table?.TellGone(this);
            UnmapIfUnused();
        }
    }

    /// <summary>True when so many bytes lie there.</summary>
    internal bool Holds(long position, int bytes) => position >= 0 && bytes >= 0 && position <= Bytes - bytes;

    /// <summary>The bytes where they lie.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not all lie in what is mapped.</exception>
    internal ReadOnlySpan<byte> Read(long position, int bytes) => Holds(position, bytes)
        ? new ReadOnlySpan<byte>(_start + position, bytes)
        : throw new ArgumentOutOfRangeException(nameof(position), position, $"{bytes} bytes from there are not all within the {Bytes} bytes mapped of {Path}");

    internal void Enter(SourceTable table, int number)
    {
        _table = table;
        Number = number;
    }

    /// <summary>The engine forgets it: nothing that is under way will ever arrive.</summary>
    internal void Leave()
    {
        _table = null;
        Number = 0;
        _underWay = 0;
        UnmapIfUnused();
    }

    /// <summary>A frame that refers to it is on the engine's way to itself.</summary>
    internal void Depart() => _underWay++;

    /// <summary>It has been dealt with.</summary>
    internal void Arrive()
    {
        _underWay--;
        UnmapIfUnused();
    }

    private void UnmapIfUnused()
    {
        if (_isRetired && _underWay == 0 && Bytes > 0)
        {
            Bytes = 0;
            _table?.Remove(this);
            _mapping.Dispose();
        }
    }
}
