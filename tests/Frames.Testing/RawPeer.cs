using Sluice.Frames.Memory;

namespace Sluice.Frames.Testing;

/// <summary>The other end of a link, whose every byte the test writes: no port, no handler, no manners.</summary>
public sealed class RawPeer : IDisposable
{
    private readonly FrameEngine _engine;
    private readonly RingPair? _pair;
    private readonly NativeMemoryBlock? _memory;

    /// <summary>Joins the engine as another room would.</summary>
    /// <param name="engine">Turned by the test, also once after this.</param>
    /// <param name="room">The name the engine knows the peer by.</param>
    /// <param name="peerEngine">The number of the engine we play.</param>
    public RawPeer(FrameEngine engine, string room = "raw", int peerEngine = 0)
    {
        _engine = engine;
        _pair = new RingPair(FrameRing.CapacityBytesMin);
        ToEngine = _pair.Inbound;
        FromEngine = _pair.Outbound;
        End = new LinkEnd(engine, room, FromEngine, ToEngine, static () => { }, new Links.LinkPeer(0, peerEngine, IsNear: true));
        engine.Post(() => engine.AddEnd(End, () => IsClosed = true));
    }

    private unsafe RawPeer(FrameEngine engine)
    {
        _engine = engine;
        _memory = new NativeMemoryBlock(FrameRing.SizeOf(FrameRing.CapacityBytesMin));
        ToEngine = FromEngine = FrameRing.Create(_memory.Pointer, FrameRing.CapacityBytesMin);
        End = new LinkEnd(engine, "raw", ToEngine, ToEngine, null);
        engine.Post(() => engine.AddEnd(End, () => IsClosed = true));
    }

    /// <summary>A way of the engine to itself, into which the test writes: budgets count there.</summary>
    public static RawPeer InEngine(FrameEngine engine) => new(engine);

    /// <summary>What the engine reads.</summary>
    public FrameRing ToEngine { get; }

    /// <summary>What the engine has written.</summary>
    public FrameRing FromEngine { get; }

    /// <summary>The engine's end.</summary>
    public LinkEnd End { get; }

    /// <summary>True when the engine has closed the link.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Commits a record as it is.</summary>
    public void Send(ReadOnlySpan<byte> record)
    {
        if (!ToEngine.TryClaim(record.Length, out Span<byte> room))
        {
            throw new InvalidOperationException("the ring is full");
        }

        record.CopyTo(room);
        ToEngine.Commit(record.Length);
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

    /// <summary>Frees the rings. After the engine.</summary>
    public void Dispose()
    {
        _pair?.Dispose();
        _memory?.Dispose();
    }
}
