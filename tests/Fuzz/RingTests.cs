using Sluice.Frames;
using Sluice.Frames.Memory;
using Sluice.Frames.Testing;

namespace Sluice.Fuzz;

/// <summary>A peer that writes anything into the rings of a link: the link may end, the engine and its other streams do not notice.</summary>
public sealed class RingTests
{
    private const int RoundsOfRecords = 30_000;
    private const int RoundsOfMemory = 20_000;
    private const int RoundsOfRaces = 300;
    private const int RoundsPerEngine = 50;
    private const int TurnsMax = 2000;

    [Fact]
    public void The_capture_holds_every_frame_that_crosses_links()
    {
        FrameType[] types = [.. Conversation.Forth.Concat(Conversation.Back).Select(record => RawFrames.TypeOf(record)).Distinct().Order()];
        Assert.Equal([FrameType.Begin, FrameType.Data, FrameType.End, FrameType.Abort, FrameType.Flush, FrameType.Source, FrameType.SourceMapped, FrameType.SourceGone, FrameType.Reset, FrameType.Window, FrameType.Challenge], types);
        FrameType[] ofBudgets = [.. Conversation.Forth.Concat(Conversation.Back).Where(IsOfBudget).Select(record => RawFrames.TypeOf(record)).Distinct().Order()];
        Assert.Equal([FrameType.End, FrameType.Flush, FrameType.Window], ofBudgets);
        using var bed = new Bed();
        bed.Live(new FuzzRandom(0), (_, peer) =>
        {
            foreach (byte[] record in Conversation.Forth)
            {
                peer.Send(record);
                bed.Turn();
            }

            Assert.False(peer.IsClosed); // Whole as it is, it harms nobody.
        });
        Assert.Equal((0, 0), (bed.Violations, bed.LinksLost));
    }

    [Fact]
    public void Mutated_records_end_streams_or_their_link_and_nothing_else()
    {
        using var bed = new Bed();
        Rounds.Run(RoundsOfRecords, random => bed.Live(random, (random, peer) =>
        {
            IReadOnlyList<byte[]> script = random.OneIn(2) ? Conversation.Forth : Conversation.Back;
            for (int i = random.OneIn(3) ? random.Below(script.Count) : 0; i < script.Count && !peer.IsClosed; i += random.OneIn(12) ? random.Below(3) : 1)
            {
                byte[] record = random.OneIn(5) ? random.Mutate(script[i]) : script[i];
                record = random.OneIn(40) ? random.Mutate(random.Pick(script)) : record; // At a place where it does not belong.
                if (record.Length >= FrameLayout.Alignment)
                {
                    peer.TrySend(record);
                }

                if (random.OneIn(3))
                {
                    bed.Turn();
                    peer.Receive();
                }
            }
        }));
        Assert.True(bed.IsFresh || (bed.LinksLost > 0 && bed.Violations > bed.LinksLost)); // Or the damage is too small, or too great.
    }

    [Fact]
    public void Damaged_cursors_lengths_and_fields_in_shared_memory_end_the_link_at_worst()
    {
        using var bed = new Bed();
        Rounds.Run(RoundsOfMemory, random => bed.Live(random, (random, peer) =>
        {
            foreach (byte[] record in Conversation.Forth)
            {
                peer.TrySend(record);
                if (random.OneIn(6))
                {
                    random.Damage(random.OneIn(3) ? peer.Memory[..FrameRing.HeaderBytes] : random.OneIn(3) ? Writing(peer.Memory) : peer.Memory[FrameRing.HeaderBytes..4096]);
                }

                if (random.OneIn(2))
                {
                    bed.Turn();
                }

                if (peer.IsClosed)
                {
                    break;
                }
            }
        }));
    }

    // The engine checks a field and uses it; in between, another core changes it. Sizes and states must not follow.
    [Fact]
    public void A_peer_that_scribbles_while_the_engine_reads_ends_its_link_at_worst()
    {
        using var bed = new Bed();
        Rounds.Run(RoundsOfRaces, random => bed.Live(random, (random, peer) =>
        {
            using var stop = new CancellationTokenSource();
            var damage = new FuzzRandom(random.Below(int.MaxValue));
            var scribbler = new Thread(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    // Fields of the first records, not the header: with broken cursors the link would be over at once.
                    damage.Damage(peer.Memory.Slice(FrameRing.HeaderBytes, 2048));
                    Thread.SpinWait(damage.Below(50));
                }
            });
            scribbler.Start();
            for (int i = 0; i < 20 && !peer.IsClosed; i++)
            {
                foreach (byte[] record in Conversation.Forth)
                {
                    peer.TrySend(record);
                }

                bed.Turn();
                peer.Receive();
            }

            stop.Cancel();
            scribbler.Join();
        }));
    }

    private static bool IsOfBudget(byte[] record) => RawFrames.StreamOf(record) == 0 && RawFrames.TypeOf(record) is FrameType.End or FrameType.Flush or FrameType.Window;

    private static Span<byte> Writing(Span<byte> memory) => memory.Slice(memory.Length / 2, FrameRing.HeaderBytes);

    /// <summary>An engine with a conversation of its own that must go on whatever the peer does.</summary>
    private sealed class Bed : IDisposable
    {
        private TestEngine _test = new() { IsLenient = true };
        private ScriptedStream _bystander = new();
        private int _rounds;
        private long _violations;

        public Bed() => Begin();

        public bool IsFresh => _rounds < 100;

        public int LinksLost { get; private set; }

        public long Violations => _violations + _test.Engine.Counters.Violations;

        public void Turn() => _test.Turn();

        public void Live(FuzzRandom random, Action<FuzzRandom, RawPeer> harm)
        {
            if (++_rounds % RoundsPerEngine == 0)
            {
                _violations = Violations;
                Dispose();
                _test = new TestEngine { IsLenient = true };
                Begin();
            }

            using var peer = new RawPeer(_test.Engine, sourceDirectory: Conversation.SourceDirectory, mapsAtOnce: true);
            _test.Turn();
            ScriptedStream[] opened = Conversation.Open(_test.Engine, firstId: 1000);
            _test.Turn();
            harm(random, peer);
            Settle();
            LinksLost += peer.IsClosed ? 1 : 0;
            peer.Die();
            Settle();
            Assert.Empty(_test.Faults);
            Assert.Equal(0, peer.End.StreamCount);
            Assert.Equal((0, 0), (peer.MapCount, _test.Engine.Sources.Count));
            Assert.InRange(Conversation.BudgetOf(_test.Engine).CreditBytes, 0, Conversation.BudgetBytes); // What arrived is spent, nothing is gained.
            Assert.Equal(0, peer.End.LentBytes);
            Assert.All(opened, stream => Assert.Equal("CLOSED", stream.Log[^1]));
            Assert.Equal(2, _test.Engine.StreamCount); // The bystander and its echo.
            int heard = _bystander.Received.Length;
            _bystander.Send("x");
            Settle();
            Assert.Equal(heard + 1, _bystander.Received.Length);
        }

        public void Dispose() => _test.Dispose();

        private void Begin()
        {
            Conversation.Attach(_test.Engine);
            _bystander = new ScriptedStream();
            _test.Engine.Open(_bystander, 1, Conversation.Echo);
            Settle();
        }

        private void Settle() => _test.TurnUntilIdle(TurnsMax);
    }
}
