using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.1 and §2.2: the names of streams, and what every frame says.</summary>
public sealed class FrameFieldTests : IDisposable
{
    private const long Origin = 1;
    private const long Peer = 3;

    private readonly TestEngine _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void The_opener_sends_an_odd_id_and_the_reply_has_its_lowest_bit_cleared()
    {
        var server = new HeaderLog();
        var client = new HeaderLog();
        _test.Engine.Attach(Peer, new Once(server));
        _test.Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        server.Port.SendBegin();
        _test.TurnUntilIdle();
        long initial = server.StreamIds[0];
        Assert.Equal(1, initial & 1);
        Assert.Equal(initial & ~1L, client.StreamIds[0]);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void An_id_names_the_opening_engine_the_accepting_engine_and_the_instance()
    {
        using var engine = new FrameEngine(5, "test", new LocalDoorbell());
        using var raw = new RawPeer(engine, peerEngine: 9);
        engine.Place(Peer, "raw");
        engine.Turn(1);
        for (int i = 1; i <= 3; i++)
        {
            engine.Open(new ScriptedStream(), Origin, Peer);
            engine.Turn(1);
            long id = RawFrames.StreamOf(raw.Receive()[0]);
            Assert.Equal(5, (id >> 56) & 0x7F);
            Assert.Equal(9, (id >> 48) & 0x7F);
            Assert.Equal(i, (id & 0x7FFFFFFF) >> 1);
            Assert.Equal(1, id & 1);
        }
    }

    [Fact]
    public void Every_frame_of_a_stream_says_whose_it_is_when_it_was_sent_and_what_caused_it()
    {
        using var raw = new RawPeer(_test.Engine);
        _test.Engine.Place(Peer, "raw");
        _test.TurnUntilIdle();
        var client = new ScriptedStream();
        _test.Engine.Open(client, Origin, Peer, authorization: 77, traceId: 0x0100_0000_0000_0009);
        _test.TurnUntilIdle();
        long id = RawFrames.StreamOf(raw.Receive()[0]);
        raw.Send(RawFrames.Window(id, 0, 1000));
        raw.Send(RawFrames.Begin(id & ~1L, Peer));
        _test.TurnUntilIdle();
        client.Send("x");
        client.Port.SendFlush(default);
        client.Port.SendEnd();
        client.Port.SendReset(CloseReason.Cancelled);
        _test.TurnUntilIdle();
        List<byte[]> records = raw.Receive();
        Assert.Equal([FrameType.Window, FrameType.Data, FrameType.Flush, FrameType.End, FrameType.Reset], records.Select(record => RawFrames.TypeOf(record)));
        foreach (byte[] record in records)
        {
            var header = new FrameHeader(record);
            Assert.Equal(Origin, header.OriginId);
            Assert.Equal(Peer, header.RoutedId);
            Assert.Equal(77, header.Authorization);
            Assert.Equal(0x0100_0000_0000_0009, header.TraceId);
            Assert.Equal(_test.Engine.NowNs, header.TimestampNs);
        }

        _test.Engine.Post(() => _test.Engine.LoseEnd(raw.End, CloseReason.PeerLost));
        _test.TurnUntilIdle();
    }

    [Fact]
    public void Throttle_frames_have_bit_30_set_and_forward_frames_do_not()
    {
        FrameType[] throttles = [FrameType.Reset, FrameType.Window, FrameType.Signal, FrameType.Challenge];
        Assert.All(Enum.GetValues<FrameType>(), type => Assert.Equal(throttles.Contains(type), ((int)type & 0x4000_0000) != 0));
    }

    [Fact]
    public void Type_ids_and_data_flags_are_those_of_the_reference()
    {
        int[] ofLinks = [0x20000001, 0x20000002, 0x20000003]; // Bit 29: ours, on stream 0.
        Assert.Equal([0, 1, 2, 3, 4, 5, .. ofLinks, 0x40000001, 0x40000002, 0x40000003, 0x40000004], Enum.GetValues<FrameType>().Select(type => (int)type));
        Assert.Equal((1, 2, 3, 4, 8), ((int)DataFlags.Fin, (int)DataFlags.Init, (int)DataFlags.Whole, (int)DataFlags.Incomplete, (int)DataFlags.Skip));
    }

    [Theory]
    [InlineData(DataFlags.Init)]
    [InlineData(DataFlags.None)]
    [InlineData(DataFlags.Fin)]
    [InlineData(DataFlags.Fin | DataFlags.Incomplete)]
    [InlineData(DataFlags.Init | DataFlags.Fin | DataFlags.Skip)]
    public void Flags_and_extension_of_a_piece_arrive_as_they_were_sent(DataFlags flags)
    {
        ScriptedStream server = Open(out ScriptedStream client);
        client.Send("piece", flags, [1, 2, 3, 4]);
        _test.TurnUntilIdle();
        string place = flags switch { DataFlags.Init => "init", DataFlags.None => "middle", DataFlags.Fin => "fin", _ => flags.ToString() };
        Assert.Equal($"DATA {place} 'piece'", server.Log[^1]);
        Assert.Equal([1, 2, 3, 4], server.Extensions[^1]);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_null_payload_arrives_as_null_and_an_empty_one_as_empty()
    {
        ScriptedStream server = Open(out ScriptedStream client);
        Assert.True(client.Port.TrySendNull("k"u8));
        Assert.True(client.Port.TrySendData(default, DataFlags.Whole, "k"u8));
        _test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole null", "DATA whole ''"], server.Log);
        client.Port.Close(CloseReason.Cancelled);
    }

    private ScriptedStream Open(out ScriptedStream client)
    {
        var binding = new ScriptedBinding();
        _test.Engine.Attach(Peer, binding);
        client = new ScriptedStream();
        _test.Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        return binding.Streams[0];
    }

    private sealed class Once(StreamHandler handler) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => handler;
    }

    private sealed class HeaderLog : StreamHandler
    {
        public List<long> StreamIds { get; } = [];

        public override void OnBegin(in BeginFrame frame) => StreamIds.Add(frame.Header.StreamId);
    }
}
