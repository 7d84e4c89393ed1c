using Sluice.Frames;
using Sluice.Frames.Links;

namespace Sluice.Simulation;

/// <summary>A link between two nodes whose two wires deliver when the world says so: in order, late, and after a break only in part.</summary>
internal sealed unsafe class SimLink : IDisposable
{
    private readonly SimWire _forth = new();
    private readonly SimWire _back = new();
    private int _notices;

    private SimLink(SimNode a, SimNode b)
    {
        A = a;
        B = b;
        bool isNear = !a.World.Random.OneIn(5);
        EndA = new LinkEnd(a.Engine, b.Room, _forth.Near, _back.Far, static () => { }, new LinkPeer(Key: 0, b.Number, isNear)) { Maps = a.Maps };
        EndB = new LinkEnd(b.Engine, a.Room, _back.Near, _forth.Far, static () => { }, new LinkPeer(Key: 0, a.Number, isNear)) { Maps = b.Maps };
    }

    public SimNode A { get; }

    public SimNode B { get; }

    public LinkEnd EndA { get; }

    public LinkEnd EndB { get; }

    /// <summary>True once it broke: what is on the wire up to some point still arrives, nothing else.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>True when both ends know: the memory may be used again.</summary>
    public bool IsOver => IsBroken && _notices == 2;

    public static SimLink Join(SimNode a, SimNode b)
    {
        var link = new SimLink(a, b);
        a.Engine.Post(() => a.Engine.AddEnd(link.EndA, () => throw new InvalidOperationException("bytes on a wire made no sense")));
        b.Engine.Post(() => b.Engine.AddEnd(link.EndB, () => throw new InvalidOperationException("bytes on a wire made no sense")));
        return link;
    }

    /// <summary>Delivers up to so many frames one way. Returns how many.</summary>
    public int Move(bool isForth, int frames) => (isForth ? _forth : _back).Move(frames);

    /// <summary>Cuts both wires: of what is under way, a random part still arrives.</summary>
    public void Break(SimRandom random)
    {
        if (!IsBroken)
        {
            IsBroken = true;
            _forth.Cut(random);
            _back.Cut(random);
        }
    }

    /// <summary>Tells an end that the other is gone; what was delivered before is heard first. A dead node is not told.</summary>
    public void Notice(SimNode node)
    {
        _notices++;
        if (!node.IsAlive)
        {
            return;
        }

        LinkEnd end = node == A ? EndA : EndB;
        node.Engine.Post(() => node.Engine.LoseEnd(end, CloseReason.PeerLost));
        node.Turn(); // The memory goes to the next link: nobody may touch it from here on.
    }

    public void Dispose()
    {
        _forth.Dispose();
        _back.Dispose();
    }
}
