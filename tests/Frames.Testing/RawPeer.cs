using Sluice.Frames.Memory;

namespace Sluice.Frames.Testing;

/// <summary>The other end of a link, whose every byte the test writes: no port, no handler, no manners.</summary>
public sealed unsafe class RawPeer : IDisposable
{
    private const int RingBytes = FrameRing.CapacityBytesMin;
    private static readonly int Stride = FrameRing.SizeOf(RingBytes);

    private readonly FrameEngine _engine;
    private readonly NativeMemoryBlock _memory = new(2 * Stride);
    private readonly Links.SourceMaps? _maps;

    /// <summary>Joins the engine as another room would.</summary>
    /// <param name="engine">Turned by the test, also once after this.</param>
    /// <param name="room">The name the engine knows the peer by.</param>
    /// <param name="peerEngine">The number of the engine we play.</param>
    /// <param name="sourceDirectory">Where files are that we may refer to; null for none.</param>
    /// <param name="isNear">We share memory with the engine, as far as it knows.</param>
    /// <param name="mapsAtOnce">Files are mapped in the same turn, and not on another thread.</param>
    /// <param name="sharesMapsOf">A peer for which the same process maps files.</param>
    public RawPeer(
        FrameEngine engine, string room = "raw", int peerEngine = 0, string? sourceDirectory = null, bool isNear = true, bool mapsAtOnce = false, RawPeer? sharesMapsOf = null)
        : this(
            engine, room, peerEngine, isLocal: false, isNear,
            sharesMapsOf?._maps ?? (sourceDirectory is null ? null : new Links.SourceMaps(sourceDirectory) { IsInline = mapsAtOnce }))
    {
    }

    private RawPeer(FrameEngine engine, string room, int peerEngine, bool isLocal, bool isNear, Links.SourceMaps? maps)
    {
        _engine = engine;
        _maps = maps;
        ToEngine = FrameRing.Create(_memory.Pointer, RingBytes);
        FromEngine = isLocal ? ToEngine : FrameRing.Create(_memory.Pointer + Stride, RingBytes);
        End = new LinkEnd(engine, room, FromEngine, ToEngine, isLocal ? null : static () => { }, new Links.LinkPeer(0, peerEngine, isNear)) { Maps = _maps };
        engine.Post(() => engine.AddEnd(End, () => IsClosed = true));
    }

    /// <summary>A way of the engine to itself, into which the test writes: budgets count there.</summary>
    public static RawPeer InEngine(FrameEngine engine) => new(engine, "raw", 0, isLocal: true, isNear: true, maps: null);

    /// <summary>What the engine reads.</summary>
    public FrameRing ToEngine { get; }

    /// <summary>What the engine has written.</summary>
    public FrameRing FromEngine { get; }

    /// <summary>All the memory that is shared: the ring the engine reads, then the one it writes.</summary>
    public Span<byte> Memory => new(_memory.Pointer, 2 * Stride);

    /// <summary>The engine's end.</summary>
    public LinkEnd End { get; }

    /// <summary>Files of ours that the engine has mapped.</summary>
    public int MapCount => _maps?.Count ?? 0;

    /// <summary>True when the engine has closed the link.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Commits a record as it is.</summary>
    /// <returns>False when the ring is full.</returns>
    public bool TrySend(ReadOnlySpan<byte> record)
    {
        if (!ToEngine.TryClaim(record.Length, out Span<byte> room))
        {
            return false;
        }

        record.CopyTo(room);
        ToEngine.Commit(record.Length);
        return true;
    }

    /// <summary>Commits a record as it is.</summary>
    public void Send(ReadOnlySpan<byte> record)
    {
        if (!TrySend(record))
        {
            throw new InvalidOperationException("the ring is full");
        }
    }

    /// <summary>Takes all the engine has written.</summary>
    public List<byte[]> Receive()
    {
        var records = new List<byte[]>();
        while (FromEngine.TryRead(out ReadOnlySpan<byte> record))
        {
            records.Add(record.ToArray());
            FromEngine.Skip();
        }

        FromEngine.Release();
        return records;
    }

    /// <summary>The peer dies.</summary>
    public void Die() => _engine.Post(() => _engine.LoseEnd(End, CloseReason.PeerLost));

    /// <summary>Frees the rings. After the engine has lost the end.</summary>
    public void Dispose() => _memory.Dispose();
}
