using CsCheck;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>Whatever happens on the links, what a budget was credited is there, or lent and accounted for, or has arrived.</summary>
public sealed class BudgetSumTests
{
    private const long Origin = 1;
    private const long Peer = 3;
    private const long Proxy = 4;

    [Fact]
    public void Any_run_over_links_that_break_keeps_the_sums()
    {
        long arrived = 0;
        Gen.Select(Gen.Int[0, 13], Gen.Int[0, 9], Gen.Int[1, 600]).Array[0, 150].Sample(
            steps =>
            {
                using var world = new World();
                foreach ((int action, int who, int bytes) in steps)
                {
                    world.Do(action, who, bytes);
                    world.Check();
                }

                world.End();
                Interlocked.Add(ref arrived, world.ArrivedBytes);
            },
            iter: 300);
        Assert.True(arrived > 10_000); // Or nothing was tried.
    }

    /// <summary>Two engines in a row before the owner of a budget with two children; streams come from both, and those of the first pass the second.</summary>
    private sealed class World : IDisposable
    {
        private readonly TestEngine[] _engines = [new("far", index: 1), new("near", index: 2), new("owner", index: 3)];
        private readonly List<(int From, TestLink Link)> _links = [];
        private readonly List<Sender> _senders = [];
        private readonly List<Receiver> _receivers = [];
        private readonly Budget[] _budgets;
        private long _credited;

        public World()
        {
            (TestEngine far, TestEngine near, TestEngine owner) = (_engines[0], _engines[1], _engines[2]);
            far.Engine.Place(Proxy, "near");
            near.Engine.Place(Peer, "owner");
            near.Engine.Attach(Proxy, new PassingBinding(Peer));
            owner.Engine.Attach(Peer, new Binding(_receivers));
            Budget root = owner.Engine.Budgets.Acquire();
            _budgets = [root, owner.Engine.Budgets.Acquire(root), owner.Engine.Budgets.Acquire(root)];
            Join(0);
            Join(1);
        }

        public long ArrivedBytes => _receivers.Sum(receiver => receiver.ArrivedBytes);

        private long LentBytes => _links.Where(link => link.From == 1).Sum(link => link.Link.EndOfTwo.LentBytes);

        public void Do(int action, int who, int bytes)
        {
            switch (action)
            {
                case 0:
                    var sender = new Sender { LeftBytes = bytes };
                    _senders.Add(sender);
                    FrameEngine from = _engines[who % 2].Engine;
                    from.Open(sender, Origin, who % 2 == 0 ? Proxy : Peer);
                    break;
                case 1 when _senders.Count > 0:
                    _senders[who % _senders.Count].Send(bytes);
                    break;
                case 2 when _receivers.Count > 0:
                    Budget budget = _budgets[bytes % 3];
                    _receivers[who % _receivers.Count].Grant(budget, 200 + (bytes * 3), bytes % 20);
                    break;
                case 3:
                    _budgets[who % 3].Credit(bytes);
                    _credited += who % 3 == 0 ? bytes : 0;
                    break;
                case 4 when _receivers.Count > 0:
                    _receivers[who % _receivers.Count].Consume();
                    break;
                case 5 when _receivers.Count > 0 && who < 3:
                    _receivers[bytes % _receivers.Count].Port.Close(CloseReason.Cancelled);
                    break;
                case 6 when _senders.Count > 0 && who < 3:
                    _senders[bytes % _senders.Count].Port.Close(CloseReason.Cancelled);
                    break;
                case 7 when who < 2:
                    TestLink link = _links.Last(link => link.From == who).Link;
                    if (link.IsBroken)
                    {
                        Join(who);
                    }

                    link.Break();
                    break;
                case 8 when who == 9:
                    _budgets[1 + (bytes % 2)].Dispose();
                    break;
                default:
                    _engines[who % 3].Turn();
                    break;
            }
        }

        // At every moment; what is lent is what the other side holds and what is under way, so it cannot hold more.
        public void Check()
        {
            long lent = LentBytes;
            Assert.Equal(_credited, _budgets[0].CreditBytes + lent + _receivers.Sum(receiver => receiver.HeldBytes));
            Assert.True(_engines[1].Engine.Budgets.HeldBytes <= lent || _links.Exists(link => link.Link.IsBroken));
            Assert.All(_engines, engine => Assert.Empty(engine.Faults));
            Assert.All(_engines, engine => Assert.Equal(0, engine.Engine.Counters.Violations));
        }

        // All streams end: nothing is lent any more, and nobody holds anything.
        public void End()
        {
            Settle();
            Check();
            _senders.ForEach(sender => sender.Port.Close(CloseReason.Cancelled));
            Settle();
            Array.ForEach(_engines, engine => engine.Advance(2));
            Settle();
            _receivers.ForEach(receiver => receiver.Consume());
            Assert.Equal(_credited, _budgets[0].CreditBytes);
            Assert.Equal(0, _links.Sum(link => link.Link.EndOfTwo.LentBytes));
        }

        public void Dispose()
        {
            Array.ForEach(_budgets, budget => budget.Dispose());
            Settle();
            Array.ForEach(_engines, engine => engine.Advance(5000));
            Settle();
            Array.ForEach(_engines, engine => engine.Dispose());
            _links.ForEach(link => link.Link.Dispose());
        }

        private void Join(int from) => _links.Add((from, new TestLink(_engines[from], _engines[from + 1])));

        private void Settle() => TestEngine.TurnAllUntilIdle(_engines);
    }

    private sealed class Sender : StreamHandler
    {
        public int LeftBytes { get; set; }

        public void Send(int bytes)
        {
            LeftBytes += bytes;
            Pump();
        }

        public override void OnWindow(in WindowFrame frame) => Pump();

        private void Pump()
        {
            while (LeftBytes > 0 && Port.SendableBytes is > 0 and int sendable)
            {
                int bytes = Math.Min(LeftBytes, sendable);
                Assert.True(Port.TrySendData(new byte[bytes]));
                LeftBytes -= bytes;
            }
        }
    }

    private sealed class Binding(List<Receiver> receivers) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin)
        {
            var receiver = new Receiver();
            receivers.Add(receiver);
            return receiver;
        }
    }

    private sealed class Receiver : StreamHandler
    {
        private Budget? _budget;
        private int _padding = -1;
        private int _pending;

        /// <summary>Arrived, and not yet returned to the budget.</summary>
        public long HeldBytes { get; private set; }

        public long ArrivedBytes { get; private set; }

        // A stream keeps its first budget and padding.
        public void Grant(Budget budget, int window, int padding)
        {
            _budget ??= budget;
            _padding = _padding < 0 ? padding : _padding;
            Port.SendWindow(window, _padding, budgetId: _budget.Id);
        }

        public void Consume()
        {
            _budget?.Return(HeldBytes);
            HeldBytes = 0;
            Port.Acknowledge(_pending);
            _pending = 0;
        }

        public override void OnData(in DataFrame frame)
        {
            _pending += frame.Reserved;
            ArrivedBytes += frame.Reserved;
            HeldBytes += frame.BudgetId != 0 ? frame.Reserved : 0;
        }
    }
}
