using System.Text;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2: what two ends of a stream see.</summary>
public sealed class ConversationTests : IDisposable
{
    private const long Origin = 1;
    private const long Echo = 2;
    private const long Peer = 3;

    private readonly TestEngine _test = new();

    private FrameEngine Engine => _test.Engine;

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Echo_returns_extension_content_and_end()
    {
        Engine.Attach(Echo, new EchoBinding());
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Echo, "ext"u8);
        _test.TurnUntilIdle();
        client.Send("hello");
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'hello'", "END", "CLOSED"], client.Log);
        Assert.Equal("ext", Encoding.UTF8.GetString(client.BeginExtension!));
    }

    [Fact]
    public void Nothing_but_begin_may_be_sent_before_the_first_window()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        Assert.Equal(0, client.Port.SendableBytes);
        Assert.False(client.Port.TrySendData("x"u8));
        binding.Streams[0].Port.SendWindow(10);
        _test.TurnUntilIdle();
        Assert.Equal(10, client.Port.SendableBytes);
        Assert.True(client.Port.TrySendData("0123456789"u8));
        Assert.False(client.Port.TrySendData("x"u8));
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void Padding_is_charged_on_every_data()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0, AcknowledgesAtOnce = false });
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        binding.Streams[0].Port.SendWindow(100, paddingBytes: 40);
        _test.TurnUntilIdle();
        Assert.Equal(60, client.Port.SendableBytes);
        client.Send("0123456789");
        Assert.Equal(10, client.Port.SendableBytes);
        _test.TurnUntilIdle();
        Assert.Equal(50, binding.Streams[0].Pending);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void Both_directions_close_on_their_own()
    {
        var binding = new ScriptedBinding();
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        ScriptedStream server = binding.Streams[0];
        Assert.Equal(["BEGIN", "END"], server.Log);
        server.Port.SendBegin();
        _test.TurnUntilIdle();
        server.Send("late but fine");
        server.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'late but fine'", "END", "CLOSED"], client.Log);
        Assert.Equal(["BEGIN", "END", "CLOSED"], server.Log);
    }

    [Fact]
    public void A_stream_to_an_unknown_binding_is_reset()
    {
        var client = new ScriptedStream();
        Engine.Open(client, Origin, 99);
        _test.TurnUntilIdle();
        Assert.Equal(["RESET Unreachable", "CLOSED"], client.Log);
    }

    [Fact]
    public void A_binding_without_a_route_refuses_even_after_the_opener_has_ended()
    {
        Engine.Attach(Peer, new ScriptedBinding(_ => null));
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.Equal(["RESET NoRoute", "CLOSED"], client.Log);
    }

    [Fact]
    public void An_abort_before_the_reply_began_ends_both_sides()
    {
        var binding = new ScriptedBinding();
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        client.Port.SendAbort(CloseReason.Cancelled);
        _test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "ABORT Cancelled", "CLOSED"], binding.Streams[0].Log);
        Assert.Contains("CLOSED", client.Log);
    }

    [Fact]
    public void A_binding_that_fails_after_the_request_ended_is_heard_by_the_opener()
    {
        var binding = new ScriptedBinding();
        Engine.Attach(Peer, binding);
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        binding.Streams[0].Port.Close(CloseReason.Failed);
        _test.TurnUntilIdle();
        Assert.Equal(["ABORT Failed", "CLOSED"], client.Log);
    }

    [Fact]
    public void A_handler_that_throws_costs_its_stream_and_not_the_engine()
    {
        Engine.Attach(Peer, new ScriptedBinding(_ => new ScriptedStream { WhenBegin = _ => throw new InvalidOperationException("boom") }));
        ScriptedStream client = OpenToPeer();
        Assert.Equal(["RESET Failed", "CLOSED"], client.Log);
        Assert.Single(_test.Faults);
        Assert.Equal(0, Engine.StreamCount);
        _test.IsLenient = true;
    }

    [Fact]
    public void Credit_is_never_taken_back()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        binding.Streams[0].Port.SendWindow(1000);
        binding.Streams[0].Port.SendWindow(10);
        _test.TurnUntilIdle();
        Assert.Equal(1000, client.Port.SendableBytes);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_megabyte_passes_an_echo_in_fragments_within_the_window()
    {
        Engine.Attach(Echo, new EchoBinding());
        byte[] content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        int sent = 0;
        var client = new ScriptedStream { WindowBytes = 50_000 };
        Engine.Open(client, Origin, Echo);
        for (int i = 0; i < 10_000 && sent < content.Length; i++)
        {
            _test.TurnUntilIdle();
            int bytes = Math.Min(client.Port.SendableBytes, content.Length - sent);
            Assert.True(bytes is > 0 and <= 50_000, "the echo's window is the client's own");
            Assert.True(client.Port.TrySendData(content.AsSpan(sent, bytes)));
            sent += bytes;
        }

        client.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.Equal(content, client.Received);
    }

    [Fact]
    public void Null_and_empty_content_differ()
    {
        Engine.Attach(Peer, new ScriptedBinding());
        ScriptedStream client = OpenToPeer();
        Assert.True(client.Port.TrySendNull("k"u8));
        Assert.True(client.Port.TrySendData(default, DataFlags.Whole, "k"u8));
        client.Port.Close(CloseReason.Cancelled);
        _test.TurnUntilIdle();
    }

    [Fact]
    public void A_full_ring_delays_frames_and_keeps_their_order()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 64 << 20 });
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        byte[] piece = new byte[FrameLayout.PayloadBytesMax];
        for (int i = 0; i < 1000; i++)
        {
            piece[0] = (byte)i;
            piece[1] = (byte)(i >> 8);
            Assert.True(client.Port.TrySendData(piece)); // 32 MB through a ring of 4 MB within one turn.
        }

        client.Port.SendEnd();
        _test.TurnUntilIdle();
        byte[] received = binding.Streams[0].Received;
        Assert.Equal(1000 * piece.Length, received.Length);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(i, received[i * piece.Length] | (received[(i * piece.Length) + 1] << 8));
        }

        binding.Streams[0].Port.Close(CloseReason.None);
        _test.TurnUntilIdle();
    }

    [Fact]
    public void A_complete_request_can_still_be_refused_with_an_extension()
    {
        var binding = new ScriptedBinding();
        Engine.Attach(Peer, binding);
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendReset(CloseReason.Refused, "why"u8);
        _test.TurnUntilIdle();
        Assert.Equal(["RESET Refused", "CLOSED"], client.Log);
        Assert.Equal("why"u8.ToArray(), client.Extensions[0]);
        Assert.Equal(["BEGIN", "END", "CLOSED"], binding.Streams[0].Log);
    }

    [Fact]
    public void A_handler_that_throws_when_its_stream_closes_does_not_end_the_engine()
    {
        Engine.Attach(Peer, new ThrowingBinding());
        ScriptedStream client = OpenToPeer();
        Assert.Equal(["RESET Failed", "CLOSED"], client.Log);
        Assert.Equal(2, _test.Faults.Count);
        Assert.Equal(0, Engine.StreamCount);
        _test.IsLenient = true;
    }

    [Fact]
    public void A_window_shrinks_as_what_was_granted_is_used()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        ScriptedStream client = OpenToPeer();
        binding.Streams[0].Port.SendWindow(1000);
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendWindow(100);
        for (int sent = 0; sent < 2000; sent += 50)
        {
            client.Send(new string('x', 50));
            _test.TurnUntilIdle();
        }

        Assert.Equal(100, client.Port.SendableBytes);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_sender_that_waits_for_its_whole_window_gets_it()
    {
        Engine.Attach(Peer, new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 1000 }));
        ScriptedStream client = OpenToPeer();
        client.Send("a little"); // Acknowledged, and less than half of the window.
        _test.TurnUntilIdle();
        Assert.Equal(1000, client.Port.SendableBytes);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_claim_ends_with_the_next_send()
    {
        Engine.Attach(Peer, new ScriptedBinding());
        ScriptedStream client = OpenToPeer();
        Assert.True(client.Port.TryClaimData(10, 0, out DataClaim claim));
        client.Port.SendFlush("f"u8);
        bool isRefused = false;
        try
        {
            claim.Commit(10);
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        Assert.True(isRefused);
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Port.SendFlush(new byte[FrameLayout.ExtensionBytesMax + 1]));
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void An_engine_that_stops_is_not_kept_by_streams_that_never_fall_silent()
    {
        var test = new TestEngine { IsLenient = true };
        test.Engine.Attach(Echo, new EchoBinding());
        var client = new ScriptedStream { WhenData = stream => stream.Send("ping") }; // Its echo comes back for ever.
        test.Engine.Open(client, Origin, Echo);
        test.TurnUntilIdle();
        client.Send("ping");
        test.Turn();
        test.Dispose();
        Assert.Contains("CLOSED", client.Log);
        Assert.Equal(0, test.Engine.StreamCount);
    }

    private ScriptedStream OpenToPeer()
    {
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        return client;
    }

    private sealed class ThrowingBinding : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new Thrower();

        private sealed class Thrower : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame) => throw new InvalidOperationException("at the beginning");

            public override void OnClosed() => throw new InvalidOperationException("and at the end");
        }
    }
}
