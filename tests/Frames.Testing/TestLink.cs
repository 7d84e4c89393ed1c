using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Testing;

/// <summary>Joins two engines on virtual time as a link between two processes would; what is sent arrives when the other engine turns.</summary>
public sealed class TestLink : IDisposable
{
    private readonly RingPair _rings = new(FrameRing.CapacityBytesMin);
    private readonly TestEngine _one;
    private readonly TestEngine _two;

    /// <summary>Joins them; both are turned once.</summary>
    public TestLink(TestEngine one, TestEngine two)
    {
        _one = one;
        _two = two;
        EndOfOne = new LinkEnd(one.Engine, two.Engine.Room, _rings.Outbound, _rings.Inbound, static () => { }, PeerOf(two.Engine));
        EndOfTwo = new LinkEnd(two.Engine, one.Engine.Room, _rings.Inbound, _rings.Outbound, static () => { }, PeerOf(one.Engine));
        one.Engine.Post(() => one.Engine.AddEnd(EndOfOne, Break));
        two.Engine.Post(() => two.Engine.AddEnd(EndOfTwo, Break));
        one.Turn();
        two.Turn();
    }

    /// <summary>The first engine's end.</summary>
    public LinkEnd EndOfOne { get; }

    /// <summary>The second engine's end.</summary>
    public LinkEnd EndOfTwo { get; }

    /// <summary>True once it broke.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Both ends are lost; each hears it when its engine turns, after what has arrived before.</summary>
    public void Break()
    {
        if (!IsBroken)
        {
            IsBroken = true;
            _one.Engine.Post(() => _one.Engine.LoseEnd(EndOfOne, CloseReason.PeerLost));
            _two.Engine.Post(() => _two.Engine.LoseEnd(EndOfTwo, CloseReason.PeerLost));
        }
    }

    /// <summary>Frees the rings. After both engines have lost their ends, or are disposed of.</summary>
    public void Dispose() => _rings.Dispose();

    private static LinkPeer PeerOf(FrameEngine engine) => new(LinkPeer.KeyOf(engine.Room, "host", engine.Index), engine.Index, IsNear: true);
}
