using Sluice.Frames.Memory;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4, payload by reference, as the sender does it: what it tells its peer, when it refers, and when it copies.</summary>
public sealed class ReferenceTests : IDisposable
{
    private const long Origin = 1;
    private const long Exit = 3;
    private const int Bytes = 4096;

    private readonly TestEngine _test = new();
    private readonly TestSource _file = new();
    private readonly List<RawPeer> _peers = [];

    private FrameEngine Engine => _test.Engine;

    private PayloadSource Source => _file.Source;

    public void Dispose()
    {
        _peers.ForEach(peer => peer.Die());
        _test.TurnUntilIdle();
        _test.Dispose();
        _file.Dispose();
        Assert.False(_file.IsMapped);
        _peers.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public void A_peer_is_told_of_a_file_once_and_gets_copies_until_it_has_it_mapped()
    {
        (RawPeer peer, ScriptedStream stream) = Open();
        Assert.True(stream.Port.TrySendReference(Source, 64, Bytes));
        Assert.True(stream.Port.TrySendReference(Source, 128, Bytes));
        List<byte[]> sent = Receive(peer);
        Assert.Equal([FrameType.Source, FrameType.Data, FrameType.Data], sent.Select(record => RawFrames.TypeOf(record)));
        Assert.Equal(RawFrames.Source(1, Source.Path)[80..], sent[0][80..]);
        Assert.Equal(_file.At(128, Bytes), sent[2][104..]);

        Send(peer, RawFrames.SourceMapped(1, isMapped: true));
        Assert.True(stream.Port.TrySendReference(Source, 128, Bytes, DataFlags.Init, "facts"u8));
        byte[] reference = Assert.Single(Receive(peer));
        Assert.Equal((1, 128), RawFrames.ReferenceOf(reference));
        Assert.Equal((112 + 5, "facts"), (reference.Length, System.Text.Encoding.UTF8.GetString(reference[112..])));
    }

    [Fact]
    public void A_peer_that_cannot_map_a_file_gets_copies_for_ever()
    {
        (RawPeer peer, ScriptedStream stream) = Open();
        stream.Port.TrySendReference(Source, 0, Bytes);
        Send(peer, RawFrames.SourceMapped(1, isMapped: false));
        Receive(peer);
        stream.Port.TrySendReference(Source, 0, Bytes);
        Send(peer, RawFrames.SourceMapped(1, isMapped: true)); // It cannot change its mind.
        stream.Port.TrySendReference(Source, 0, Bytes);
        Assert.All(Receive(peer), record => Assert.Equal((FrameType.Data, 104 + Bytes), (RawFrames.TypeOf(record), record.Length)));
    }

    [Fact]
    public void A_peer_that_shares_no_memory_is_never_told_and_gets_copies()
    {
        (RawPeer peer, ScriptedStream stream) = Open(isNear: false);
        stream.Port.TrySendReference(Source, 0, Bytes);
        byte[] copy = Assert.Single(Receive(peer));
        Assert.Equal(_file.At(0, Bytes), copy[104..]);
    }

    [Fact]
    public void Short_null_and_empty_payloads_are_never_referred_to()
    {
        (RawPeer peer, ScriptedStream stream) = OpenMapped();
        Assert.True(stream.Port.TrySendReference(Source, 8, StreamPort.ReferenceBytesMin - 1));
        Assert.True(stream.Port.TrySendReference(Source, 8, 0));
        Assert.True(stream.Port.TrySendNull(default));
        Assert.True(stream.Port.TrySendReference(Source, 8, StreamPort.ReferenceBytesMin));
        List<byte[]> sent = Receive(peer);
        Assert.Equal([0, 0, 0, 1], sent.Select(record => RawFrames.ReferenceOf(record).Source));
        Assert.Equal(_file.At(8, StreamPort.ReferenceBytesMin - 1), sent[0][104..]);
    }

    [Fact]
    public void What_is_referred_to_uses_credit_padding_and_counters_like_what_is_carried()
    {
        (RawPeer peer, ScriptedStream stream) = OpenMapped(window: 10_000, padding: 100);
        long before = Engine.Counters.DataBytesSent;
        Assert.Equal(9900, stream.Port.SendableBytes);
        Assert.True(stream.Port.TrySendReference(Source, 0, Bytes));
        Assert.Equal(10_000 - 200 - Bytes, stream.Port.SendableBytes);
        Assert.False(stream.Port.TrySendReference(Source, 0, 10_000 - 199 - Bytes));
        Assert.True(stream.Port.TrySendReference(Source, 0, 10_000 - 200 - Bytes));
        Assert.Equal(0, stream.Port.SendableBytes);
        Assert.Equal(before + 9800, Engine.Counters.DataBytesSent);
        Assert.All(Receive(peer), record => Assert.Equal(1, RawFrames.ReferenceOf(record).Source));
    }

    [Fact]
    public void A_piece_by_reference_is_no_larger_than_any_other_and_lies_within_its_file()
    {
        (_, ScriptedStream stream) = OpenMapped(window: 2 << 20);
        Assert.Equal(FrameLayout.PayloadBytesMax, stream.Port.SendableBytes);
        Assert.False(stream.Port.TrySendReference(Source, 0, FrameLayout.PayloadBytesMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Port.TrySendReference(Source, _file.Content.Length - Bytes + 1, Bytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Port.TrySendReference(Source, -1, Bytes));
        Assert.True(stream.Port.TrySendReference(Source, _file.Content.Length - Bytes, Bytes));
    }

    [Fact]
    public void A_file_that_its_owner_lets_go_of_is_told_gone_behind_the_last_reference()
    {
        (RawPeer peer, ScriptedStream stream) = OpenMapped();
        stream.Port.TrySendReference(Source, 0, Bytes);
        Source.Retire();
        Assert.False(_file.IsMapped); // The peer has a mapping of its own.
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Port.TrySendReference(Source, 0, Bytes));
        List<byte[]> sent = Receive(peer);
        Assert.Equal([FrameType.Data, FrameType.SourceGone], sent.Select(record => RawFrames.TypeOf(record)));
        Assert.Equal((1, 1), (RawFrames.ReferenceOf(sent[0]).Source, RawFrames.SourceOf(sent[1])));
        Send(peer, RawFrames.SourceMapped(1, isMapped: true)); // An answer may be late.
        Assert.False(peer.IsClosed);
    }

    [Fact]
    public void Each_link_is_told_of_a_file_and_of_its_end()
    {
        (RawPeer first, ScriptedStream one) = OpenMapped();
        (RawPeer second, ScriptedStream two) = OpenMapped("other");
        one.Port.TrySendReference(Source, 0, Bytes);
        two.Port.TrySendReference(Source, 0, Bytes);
        Source.Retire();
        Assert.All([first, second], peer => Assert.Equal([FrameType.Data, FrameType.SourceGone], Receive(peer).Select(record => RawFrames.TypeOf(record))));
    }

    [Fact]
    public void A_link_that_comes_again_is_told_anew()
    {
        (RawPeer peer, ScriptedStream stream) = OpenMapped();
        peer.Die();
        _test.TurnUntilIdle();
        Assert.Equal("CLOSED", stream.Log[^1]);
        (RawPeer again, ScriptedStream next) = Open("again");
        next.Port.TrySendReference(Source, 0, Bytes);
        Assert.Equal([FrameType.Source, FrameType.Data], Receive(again).Select(record => RawFrames.TypeOf(record)));
    }

    [Fact]
    public void When_all_slots_are_in_use_newcomers_are_copied_and_one_that_rests_gives_way()
    {
        (RawPeer peer, ScriptedStream stream) = OpenMapped(window: 2 << 20);
        var files = new List<TestSource>();
        for (int i = 1; i < SourceTable.SlotCount; i++)
        {
            files.Add(new TestSource(Bytes, _file.Directory, $"{i}.log"));
            stream.Port.TrySendReference(files[^1].Source, 0, Bytes);
            Receive(peer);
        }

        Assert.Equal(SourceTable.SlotCount, Engine.Sources.Count);
        using var late = new TestSource(Bytes, _file.Directory, "late.log");
        stream.Port.TrySendReference(late.Source, 0, Bytes);
        Assert.Equal([FrameType.Data], Receive(peer).Select(record => RawFrames.TypeOf(record))); // A copy, and nobody is told.

        _test.Advance(SourceTable.UnusedNs / 1_000_000 - 1);
        stream.Port.TrySendReference(Source, 0, Bytes); // The first of all is in use again.
        _test.Advance(1);
        stream.Port.TrySendReference(late.Source, 0, Bytes);
        List<byte[]> sent = Receive(peer);
        Assert.Equal([FrameType.Data, FrameType.SourceGone, FrameType.Source, FrameType.Data], sent.Select(record => RawFrames.TypeOf(record)));
        Assert.NotEqual(Source.Number, RawFrames.SourceOf(sent[1]));
        Assert.Equal(RawFrames.SourceOf(sent[1]) + SourceTable.SlotCount, RawFrames.SourceOf(sent[2])); // The same slot, another number.
        files.ForEach(file => file.Dispose());
        Assert.All(files, file => Assert.False(file.IsMapped));
    }

    [Fact]
    public void On_the_way_within_an_engine_a_file_stays_until_what_refers_to_it_has_arrived()
    {
        var server = new ScriptedBinding();
        Engine.Attach(Exit, server);
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Exit);
        _test.TurnUntilIdle();
        Assert.True(client.Port.TrySendReference(Source, 77, Bytes));
        Source.Retire();
        Assert.True(_file.IsMapped);
        _test.TurnUntilIdle();
        Assert.False(_file.IsMapped);
        Assert.Equal(_file.At(77, Bytes), server.Streams[0].Received);
        Assert.Equal(0, Engine.Sources.Count);
        client.Port.Close(CloseReason.None);
        server.Streams[0].Port.Close(CloseReason.None);
    }

    [Fact]
    public void What_refers_to_a_file_and_is_dropped_lets_go_of_it_too()
    {
        var server = new ScriptedBinding();
        Engine.Attach(Exit, server);
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Exit);
        _test.TurnUntilIdle();
        server.Streams[0].Port.Close(CloseReason.Cancelled);
        Assert.True(client.Port.TrySendReference(Source, 77, Bytes)); // Nobody takes it any more.
        Source.Retire();
        _test.TurnUntilIdle();
        Assert.False(_file.IsMapped);
        Assert.Empty(server.Streams[0].Received);
    }

    [Fact]
    public void A_source_serves_one_engine()
    {
        OpenMapped();
        using var other = new TestEngine();
        Assert.Throws<InvalidOperationException>(() => other.Engine.Sources.TryUse(Source, 0));
    }

    [Fact]
    public void An_engine_that_stops_lets_go_of_what_was_under_way()
    {
        using var test = new TestEngine { IsLenient = true };
        test.Engine.Attach(Exit, new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 1 << 20 }));
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, Exit);
        test.TurnUntilIdle();
        client.Port.TrySendReference(Source, 0, Bytes);
        Source.Retire();
        test.Dispose();
        Assert.False(_file.IsMapped);
    }

    private (RawPeer Peer, ScriptedStream Stream) OpenMapped(string room = "raw", int window = 1 << 20, int padding = 0)
    {
        (RawPeer peer, ScriptedStream stream) = Open(room, window: window, padding: padding);
        Assert.False(peer.End.CanRefer(Source)); // That tells the peer.
        int number = RawFrames.SourceOf(Assert.Single(Receive(peer)));
        Send(peer, RawFrames.SourceMapped(number, isMapped: true));
        return (peer, stream);
    }

    private (RawPeer Peer, ScriptedStream Stream) Open(string room = "raw", bool isNear = true, int window = 1 << 20, int padding = 0)
    {
        var peer = new RawPeer(Engine, room, isNear: isNear);
        _peers.Add(peer);
        Engine.Place(Exit, room);
        _test.TurnUntilIdle();
        var stream = new ScriptedStream();
        Engine.Open(stream, Origin, Exit);
        long id = RawFrames.StreamOf(Receive(peer)[^1]);
        Send(peer, RawFrames.Window(id, 0, window, padding));
        return (peer, stream);
    }

    private void Send(RawPeer peer, params byte[][] records)
    {
        foreach (byte[] record in records)
        {
            peer.Send(record);
        }

        _test.TurnUntilIdle();
    }

    private List<byte[]> Receive(RawPeer peer)
    {
        _test.TurnUntilIdle();
        return peer.Receive();
    }
}
