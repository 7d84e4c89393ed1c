using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.3 against a peer that does not keep the rules: the stream ends, everything else goes on.</summary>
public sealed class CreditRuleTests : IDisposable
{
    private const long Origin = 1;
    private const long Peer = 3;
    private const long Stream = 1 | (1 << 8);

    private readonly TestEngine _test = new();
    private readonly RawPeer _raw;
    private readonly ScriptedBinding _binding;

    public CreditRuleTests()
    {
        _raw = new RawPeer(_test.Engine);
        _binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 100, AcknowledgesAtOnce = false });
        _test.Engine.Attach(Peer, _binding);
        _test.TurnUntilIdle();
    }

    private FrameEngine Engine => _test.Engine;

    public void Dispose()
    {
        _raw.Die();
        _test.TurnUntilIdle();
        Assert.False(_raw.IsClosed); // A stream broke the rules, not the link.
        _test.Dispose();
        _raw.Dispose();
    }

    [Fact]
    public void Data_before_the_first_window_ends_the_stream()
    {
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer + 1, binding);
        Send(RawFrames.Begin(Stream, Peer + 1), RawFrames.Data(Stream, 0, [1]));
        Assert.Equal(["BEGIN", "ABORT CreditOverrun", "CLOSED"], binding.Streams[0].Log);
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Fact]
    public void An_overrun_resets_the_initial_direction()
    {
        ScriptedStream server = Begin();
        Send(RawFrames.Data(Stream, 0, new byte[100]), RawFrames.Data(Stream, 100, [1]));
        Assert.Equal(["BEGIN", "DATA whole 100 bytes", "ABORT CreditOverrun", "CLOSED"], Short(server));
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Fact]
    public void An_overrun_of_the_reply_ends_it_for_both_sides()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Begin(initial & ~1L, Peer), RawFrames.Data(initial & ~1L, 0, new byte[101]));
        Assert.Equal(["BEGIN", "ABORT CreditOverrun", "CLOSED"], client.Log);
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Fact]
    public void Padding_that_overruns_is_an_overrun()
    {
        Begin();
        Send(RawFrames.Data(Stream, 0, new byte[60], padding: 41));
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Fact]
    public void A_sequence_that_skips_bytes_ends_the_stream()
    {
        Begin();
        Send(RawFrames.Data(Stream, 5, [1]));
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Theory]
    [InlineData(FrameType.Flush)]
    [InlineData(FrameType.End)]
    public void What_a_mark_reserves_counts_like_content(FrameType type)
    {
        ScriptedStream server = Begin();
        Send(RawFrames.Mark(type, Stream, sequence: 0, reserved: 101));
        Assert.Equal("ABORT CreditOverrun", server.Log[1]);
        AssertOneViolation(FrameType.Reset, CloseReason.CreditOverrun);
    }

    [Fact]
    public void A_mark_that_reserves_moves_the_sequence_and_is_freed_at_once()
    {
        ScriptedStream server = Begin();
        Send(RawFrames.Mark(FrameType.Flush, Stream, sequence: 0, reserved: 60), RawFrames.Data(Stream, 60, new byte[40]), RawFrames.Mark(FrameType.End, Stream, sequence: 100, reserved: 60));
        Assert.Equal(["BEGIN", "FLUSH", "DATA whole 40 bytes", "END"], Short(server));
        Assert.Equal(0, Engine.Counters.Violations);
        server.Port.Close(CloseReason.None);
        _test.TurnUntilIdle();
    }

    [Fact]
    public void A_window_that_takes_credit_back_ends_the_stream()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Window(initial, 0, 1000), RawFrames.Window(initial, 0, 999));
        Assert.Equal(["RESET ProtocolViolation", "CLOSED"], client.Log);
        AssertOneViolation(FrameType.Abort, CloseReason.ProtocolViolation);
    }

    [Fact]
    public void A_window_that_acknowledges_less_than_the_one_before_ends_the_stream()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Window(initial, 0, 1000));
        client.Send("0123456789");
        Send(RawFrames.Window(initial, 10, 1000));
        Send(RawFrames.Window(initial, 9, 1100));
        Assert.Equal(["RESET ProtocolViolation", "CLOSED"], client.Log);
        Assert.Equal(1, Engine.Counters.Violations);
    }

    [Fact]
    public void A_window_that_acknowledges_what_was_never_sent_ends_the_stream()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Window(initial, 0, 1000), RawFrames.Window(initial, 1, 1000));
        Assert.Equal(["RESET ProtocolViolation", "CLOSED"], client.Log);
        AssertOneViolation(FrameType.Abort, CloseReason.ProtocolViolation);
    }

    [Fact]
    public void Marks_and_closes_need_no_credit()
    {
        ScriptedStream client = OpenToRaw(out _);
        client.Port.SendFlush("f"u8);
        client.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.Equal([FrameType.Flush, FrameType.End], _raw.Receive().Select(record => RawFrames.TypeOf(record)));
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void Many_small_pieces_cost_more_credit_than_one_large()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Window(initial, 0, 100, padding: 10));
        Assert.Equal(90, client.Port.SendableBytes);
        for (int i = 0; i < 5; i++)
        {
            client.Send("0123456789");
        }

        Assert.Equal(0, client.Port.SendableBytes);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_sender_knows_the_smallest_useful_window()
    {
        ScriptedStream client = OpenToRaw(out long initial);
        Send(RawFrames.Window(initial, 0, 100, padding: 10, minimum: 64));
        Assert.Equal((90, 64), (client.Port.SendableBytes, client.Port.MinimumBytes));
        client.Send(new string('x', 30));
        Assert.True(client.Port.SendableBytes < client.Port.MinimumBytes); // Whoever cannot split a piece waits here.
        client.Port.Close(CloseReason.Cancelled);
    }

    private ScriptedStream Begin()
    {
        Send(RawFrames.Begin(Stream, Peer));
        _raw.Receive();
        return _binding.Streams[^1];
    }

    private ScriptedStream OpenToRaw(out long initial)
    {
        Engine.Place(Peer + 9, "raw");
        var client = new ScriptedStream { WindowBytes = 100 };
        Engine.Open(client, Origin, Peer + 9);
        _test.TurnUntilIdle();
        initial = RawFrames.StreamOf(_raw.Receive()[0]);
        return client;
    }

    private void Send(params byte[][] records)
    {
        foreach (byte[] record in records)
        {
            _raw.Send(record);
        }

        _test.TurnUntilIdle();
    }

    private static IEnumerable<string> Short(ScriptedStream stream) => stream.Log.Select(line => line.StartsWith("DATA", StringComparison.Ordinal) ? $"DATA whole {(line.Contains("bytes", StringComparison.Ordinal) ? line.Split(' ')[2] : (line.Length - "DATA whole ''".Length).ToString(System.Globalization.CultureInfo.InvariantCulture))} bytes" : line);

    private void AssertOneViolation(FrameType answer, CloseReason reason)
    {
        Assert.Equal(1, Engine.Counters.Violations);
        Assert.Contains(_raw.Receive(), record => RawFrames.TypeOf(record) == answer && RawFrames.ReasonOf(record) == reason);
        Assert.Equal(0, Engine.StreamCount);
    }
}
