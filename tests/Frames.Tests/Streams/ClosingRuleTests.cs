using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.5: closing, refusal and errors, line by line.</summary>
public sealed class ClosingRuleTests : IDisposable
{
    private const long Origin = 1;
    private const long Echo = 2;
    private const long Peer = 3;
    private const long Stream = 1 | (1 << 8);

    private readonly TestEngine _test = new();
    private readonly RawPeer _raw;
    private readonly ScriptedBinding _binding = new();

    public ClosingRuleTests()
    {
        _raw = new RawPeer(_test.Engine);
        _test.Engine.Attach(Peer, _binding);
        _test.Engine.Attach(Echo, new EchoBinding());
        _test.TurnUntilIdle();
    }

    private FrameEngine Engine => _test.Engine;

    public void Dispose()
    {
        _raw.Die();
        _test.TurnUntilIdle();
        Assert.False(_raw.IsClosed);
        _test.Dispose();
        _raw.Dispose();
    }

    [Theory]
    [InlineData(FrameType.Data)]
    [InlineData(FrameType.Flush)]
    [InlineData(FrameType.End)]
    public void Nothing_but_ABORT_comes_before_BEGIN(FrameType type)
    {
        Engine.Place(Peer + 9, "raw");
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer + 9);
        _test.TurnUntilIdle();
        long reply = RawFrames.StreamOf(_raw.Receive()[0]) & ~1L;
        Send(type == FrameType.Data ? RawFrames.Data(reply, 0, [1]) : RawFrames.Mark(type, reply));
        Assert.Equal(["ABORT ProtocolViolation", "CLOSED"], client.Log);
        Assert.Equal(1, Engine.Counters.Violations);
    }

    [Fact]
    public void A_direction_begins_once()
    {
        Send(RawFrames.Begin(Stream, Peer), RawFrames.Begin(Stream, Peer));
        Assert.Equal(["BEGIN", "ABORT ProtocolViolation", "CLOSED"], _binding.Streams[0].Log);
        Assert.Single(_binding.Streams);
        Assert.Equal(1, Engine.Counters.Violations);
    }

    [Fact]
    public void A_refusal_is_RESET_and_no_reply_ever_begins()
    {
        Engine.Attach(Peer + 1, new ScriptedBinding(_ => null));
        Send(RawFrames.Begin(Stream, Peer + 1), RawFrames.Begin(Stream + 2, 99));
        List<byte[]> answers = _raw.Receive();
        Assert.Equal([FrameType.Reset, FrameType.Reset], answers.Select(record => RawFrames.TypeOf(record)));
        Assert.Equal([Stream, Stream + 2], answers.Select(record => RawFrames.StreamOf(record)));
        Assert.Equal([CloseReason.NoRoute, CloseReason.Unreachable], answers.Select(record => RawFrames.ReasonOf(record)));
    }

    [Fact]
    public void A_failing_binding_aborts_what_it_sends_and_resets_what_it_receives()
    {
        Engine.Attach(Peer + 1, new ScriptedBinding(_ => new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin(), WhenData = _ => throw new InvalidOperationException("boom") }));
        Send(RawFrames.Begin(Stream, Peer + 1), RawFrames.Data(Stream, 0, [1]));
        List<byte[]> answers = _raw.Receive();
        Assert.Contains(answers, record => RawFrames.TypeOf(record) == FrameType.Abort && RawFrames.StreamOf(record) == (Stream & ~1L));
        Assert.Contains(answers, record => RawFrames.TypeOf(record) == FrameType.Reset && RawFrames.StreamOf(record) == Stream);
        Assert.Single(_test.Faults);
        _test.IsLenient = true;
    }

    [Fact]
    public void Frames_after_the_close_are_dropped_without_an_answer()
    {
        Send(RawFrames.Begin(Stream, Peer));
        _binding.Streams[0].Port.Close(CloseReason.Cancelled);
        _test.TurnUntilIdle();
        _raw.Receive();
        int heard = _binding.Streams[0].Log.Count;
        Send(RawFrames.Data(Stream, 0, [1]), RawFrames.Mark(FrameType.Flush, Stream), RawFrames.Mark(FrameType.End, Stream), RawFrames.Close(FrameType.Abort, Stream), RawFrames.Window(Stream & ~1L, 0, 10), RawFrames.Close(FrameType.Reset, Stream & ~1L), RawFrames.Close(FrameType.Challenge, Stream & ~1L));
        Assert.Equal(heard, _binding.Streams[0].Log.Count);
        Assert.Empty(_raw.Receive());
        Assert.Equal(0, Engine.Counters.Violations);
    }

    [Fact]
    public void A_binding_that_is_detached_aborts_its_readers_and_resets_its_writers()
    {
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        _binding.Streams[0].Port.SendBegin();
        _test.TurnUntilIdle();
        Engine.Detach(Peer, CloseReason.Shutdown);
        _test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "ABORT Shutdown", "CLOSED"], client.Log);
        Assert.Equal(["BEGIN", "CLOSED"], _binding.Streams[0].Log);
        var late = new ScriptedStream();
        Engine.Open(late, Origin, Peer);
        _test.TurnUntilIdle();
        Assert.Equal(["RESET Unreachable", "CLOSED"], late.Log);
    }

    [Fact]
    public void Streams_that_a_detached_binding_opened_end_too()
    {
        var opened = new ScriptedStream();
        Engine.Open(opened, Echo, Peer);
        var other = new ScriptedStream();
        Engine.Open(other, Origin, Peer);
        _test.TurnUntilIdle();
        Engine.Detach(Echo, CloseReason.Shutdown);
        _test.TurnUntilIdle();
        Assert.Contains("CLOSED", opened.Log);
        Assert.Equal(["BEGIN", "ABORT Shutdown", "CLOSED"], _binding.Streams[0].Log);
        Assert.DoesNotContain("CLOSED", other.Log);
        other.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void An_abort_passes_an_echo_as_an_abort_and_never_as_an_end()
    {
        Send(RawFrames.Begin(Stream, Echo), RawFrames.Window(Stream & ~1L, 0, 1000), RawFrames.Data(Stream, 0, [1, 2]), RawFrames.Close(FrameType.Abort, Stream, CloseReason.Cancelled));
        FrameType[] answers = [.. _raw.Receive().Where(record => RawFrames.StreamOf(record) == (Stream & ~1L)).Select(record => RawFrames.TypeOf(record))];
        Assert.Equal([FrameType.Begin, FrameType.Data, FrameType.Abort], answers);
    }

    [Fact]
    public void A_reset_passes_an_echo_as_a_reset()
    {
        Send(RawFrames.Begin(Stream, Echo), RawFrames.Window(Stream & ~1L, 0, 1000), RawFrames.Close(FrameType.Reset, Stream & ~1L, CloseReason.Cancelled));
        List<byte[]> answers = _raw.Receive();
        Assert.Contains(answers, record => RawFrames.TypeOf(record) == FrameType.Reset && RawFrames.StreamOf(record) == Stream);
        Assert.DoesNotContain(answers, record => RawFrames.TypeOf(record) == FrameType.End);
    }

    [Fact]
    public void END_that_carries_a_budget_to_a_stream_that_is_gone_gives_its_share_back()
    {
        using var self = RawPeer.InEngine(Engine);
        using Budget budget = Engine.Budgets.Acquire();
        budget.Credit(100);
        Assert.Equal(30, budget.Claim(30, 30));
        _test.TurnUntilIdle();
        self.Send(RawFrames.Mark(FrameType.End, Stream, reserved: 10, budgetId: budget.Id));
        self.Send(RawFrames.Data(Stream, 0, new byte[15], padding: 5, budgetId: budget.Id));
        _test.TurnUntilIdle();
        Assert.Equal(100, budget.AvailableBytes);
        self.Die();
        _test.TurnUntilIdle();
    }

    private void Send(params byte[][] records)
    {
        foreach (byte[] record in records)
        {
            _raw.Send(record);
        }

        _test.TurnUntilIdle();
    }
}
