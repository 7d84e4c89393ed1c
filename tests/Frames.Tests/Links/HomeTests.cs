using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>Where streams with a wish go: the same for all who see the same instances.</summary>
public sealed unsafe class HomeTests : IDisposable
{
    private const long Other = 9;
    private const int RingBytes = 256 * 1024;

    private readonly FrameEngine _engine = new(0, "front", new LocalDoorbell());
    private readonly List<RingPair> _rings = [];
    private int _changes;

    public HomeTests()
    {
        _engine.Place(Other, "back");
        _engine.LinksChanged += () => _changes++;
    }

    public void Dispose()
    {
        _engine.Dispose();
        _rings.ForEach(rings => rings.Dispose());
    }

    [Fact]
    public void An_instance_that_comes_takes_its_share_only_and_one_that_goes_leaves_the_rest_alone()
    {
        LinkEnd[] ends = [.. Enumerable.Range(0, 3).Select(i => Join(i))];
        long[] three = Homes();
        Assert.All(ends, end => Assert.InRange(three.Count(home => home == end.Peer.Key), 200, 470)); // Of 1,000.

        LinkEnd fourth = Join(3);
        Assert.Equal(4, _engine.InstanceCount(Other));
        long[] four = Homes();
        Assert.All(Enumerable.Range(0, 1000), i => Assert.True(four[i] == three[i] || four[i] == fourth.Peer.Key));
        Assert.InRange(four.Count(home => home == fourth.Peer.Key), 150, 350);

        _engine.LoseEnd(fourth, CloseReason.PeerLost);
        Assert.Equal(three, Homes());
        Assert.Equal(5, _changes);
    }

    [Fact]
    public void The_engines_of_an_instance_are_one_home_and_the_order_of_links_does_not_matter()
    {
        foreach (int instance in (int[])[2, 0, 1, 0, 2])
        {
            Join(instance);
        }

        Assert.Equal(3, _engine.InstanceCount(Other));
        long[] here = Homes();
        using var other = new HomeTests();
        foreach (int instance in (int[])[0, 1, 2])
        {
            other.Join(instance);
        }

        Assert.Equal(here, other.Homes());
    }

    [Fact]
    public void Instances_on_this_host_come_before_those_on_others()
    {
        Assert.Equal(0, _engine.HomeOf(Other, 7));
        LinkEnd far = Join(0, isNear: false);
        Assert.Equal(far.Peer.Key, _engine.HomeOf(Other, 7));
        LinkEnd near = Join(1);
        Assert.All(Homes(), home => Assert.Equal(near.Peer.Key, home));
        for (int i = 0; i < 4; i++)
        {
            StreamPort port = _engine.Open(new Silent(), 1, Other);
            Assert.Equal((near.Peer.Key, true), (port.Peer, port.IsNear));
        }
    }

    [Fact]
    public void A_stream_may_be_opened_beside_another_and_goes_nowhere_else()
    {
        LinkEnd[] ends = [Join(0), Join(1), Join(1, engine: 1), Join(2)];
        StreamPort[] ports = [.. Enumerable.Range(0, 6).Select(_ => _engine.Open(new Silent(), 1, Other, peer: ends[1].Peer.Key))];
        Assert.All(ports, port => Assert.Equal(ends[1].Peer.Key, port.Peer));
        Assert.Equal([0, 3, 3, 0], ends.Select(end => end.StreamCount)); // Spread over its engines.
        _engine.LoseEnd(ends[1], CloseReason.PeerLost);
        _engine.LoseEnd(ends[2], CloseReason.PeerLost);
        Assert.Equal(0, _engine.Open(new Silent(), 1, Other, peer: ends[1].Peer.Key).Peer); // Its own way, which answers RESET.
    }

    private long[] Homes() => [.. Enumerable.Range(0, 1000).Select(wish => _engine.HomeOf(Other, wish))];

    private LinkEnd Join(int instance, bool isNear = true, int engine = 0)
    {
        var rings = new RingPair(RingBytes);
        _rings.Add(rings);
        var end = new LinkEnd(_engine, "back", rings.Outbound, rings.Inbound, static () => { }, new LinkPeer(LinkPeer.KeyOf("back", "host", instance), engine, isNear));
        _engine.AddEnd(end, static () => { });
        return end;
    }

    private sealed class Silent : StreamHandler;
}
