using System.Text;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.2 CHALLENGE and SIGNAL: what goes back to a sender, and what a stream tells itself.</summary>
public sealed class SignalTests : IDisposable
{
    private const long Origin = 1;
    private const long Peer = 3;

    private readonly TestEngine _test = new();
    private readonly Listener _client = new();
    private readonly ScriptedBinding _binding = new();

    public SignalTests()
    {
        _test.Engine.Attach(Peer, _binding);
        _test.Engine.Open(_client, Origin, Peer);
        _test.TurnUntilIdle();
    }

    public void Dispose()
    {
        _client.Port.Close(CloseReason.Cancelled);
        _test.Dispose();
    }

    [Fact]
    public void A_challenge_reaches_a_sender_that_understands_it_and_the_stream_goes_on()
    {
        ScriptedStream server = _binding.Streams[0];
        server.Port.SendBegin();
        _test.TurnUntilIdle();
        _client.Port.SendWindow(1000, capabilities: StreamPort.ChallengeCapability);
        _test.TurnUntilIdle();
        Assert.True(server.Port.IsChallengeUnderstood);
        Assert.True(server.Port.SendChallenge("realm"u8));
        _test.TurnUntilIdle();
        Assert.Equal(["CHALLENGE realm"], _client.Heard);
        Assert.True(_client.Port.TrySendData("credentials"u8));
        _test.TurnUntilIdle();
        Assert.Equal("credentials", server.ReceivedText);
    }

    [Fact]
    public void A_sender_that_does_not_understand_is_not_challenged()
    {
        Assert.False(_binding.Streams[0].Port.SendChallenge("realm"u8));
        _test.TurnUntilIdle();
        Assert.Empty(_client.Heard);
    }

    [Fact]
    public void A_direction_that_is_over_cannot_be_challenged()
    {
        ScriptedStream server = _binding.Streams[0];
        server.Port.SendBegin();
        _test.TurnUntilIdle();
        _client.Port.SendWindow(1000, capabilities: StreamPort.ChallengeCapability);
        _client.Port.SendEnd();
        _test.TurnUntilIdle();
        Assert.False(server.Port.SendChallenge("realm"u8));
    }

    [Fact]
    public void A_proxy_hands_the_capability_on()
    {
        var far = new ScriptedStream();
        _test.Engine.Open(far, Origin, Peer);
        _test.TurnUntilIdle();
        ScriptedStream behind = _binding.Streams[1];
        behind.Port.SendWindow(1000, capabilities: StreamPort.ChallengeCapability);
        _test.TurnUntilIdle();
        Assert.Equal(StreamPort.ChallengeCapability, far.Port.Capabilities);
        _binding.Streams[0].Port.ShareWindowOf(far.Port);
        _test.TurnUntilIdle();
        Assert.True(_client.Port.IsChallengeUnderstood);
        far.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void A_timer_of_a_stream_arrives_as_a_signal_when_its_time_has_come()
    {
        _client.Port.SignalAfter(20, signalId: 7, contextId: 3);
        _client.Port.SignalAfter(10, signalId: 8);
        _test.Advance(9);
        Assert.Empty(_client.Heard);
        _test.Advance(11);
        Assert.Equal(["SIGNAL 2 8 0 ''", "SIGNAL 1 7 3 ''"], _client.Heard);
    }

    [Fact]
    public void A_timer_that_was_called_off_never_arrives()
    {
        EngineTimer timer = _client.Port.SignalAfter(10, signalId: 7);
        timer.Dispose();
        _test.Advance(1000);
        Assert.Empty(_client.Heard);
    }

    [Fact]
    public void The_result_of_a_task_arrives_as_a_signal_on_the_engine()
    {
        var task = new Thread(() =>
        {
            _client.Port.PostSignal(9, 1, "first"u8);
            _client.Port.PostSignal(9, 2, "second"u8);
        });
        task.Start();
        task.Join();
        Assert.Empty(_client.Heard); // Never on the task's thread.
        _test.TurnUntilIdle();
        Assert.Equal(["SIGNAL 0 9 1 'first'", "SIGNAL 0 9 2 'second'"], _client.Heard);
    }

    [Fact]
    public void No_signal_arrives_after_the_stream_is_over()
    {
        _client.Port.SignalAfter(10, signalId: 7);
        _client.Port.PostSignal(9);
        _client.Port.Close(CloseReason.Cancelled);
        _test.Advance(1000);
        Assert.Empty(_client.Heard);
    }

    [Fact]
    public void A_handler_that_throws_at_a_signal_costs_its_stream_only()
    {
        _client.Throws = true;
        _client.Port.PostSignal(9);
        _test.TurnUntilIdle();
        Assert.Single(_test.Faults);
        Assert.Equal(0, _test.Engine.StreamCount);
        _test.IsLenient = true;
    }

    private sealed class Listener : StreamHandler
    {
        public List<string> Heard { get; } = [];

        public bool Throws { get; set; }

        public override void OnChallenge(in ChallengeFrame frame) => Heard.Add($"CHALLENGE {Encoding.UTF8.GetString(frame.Extension)}");

        public override void OnSignal(in SignalFrame frame)
        {
            Assert.True(Port.Engine.IsCurrent);
            Assert.False(Throws, "as asked");
            Heard.Add($"SIGNAL {frame.CancelId} {frame.SignalId} {frame.ContextId} '{Encoding.UTF8.GetString(frame.Payload)}'");
        }
    }
}
