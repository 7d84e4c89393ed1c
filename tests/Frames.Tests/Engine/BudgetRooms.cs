using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>Three engines in a row, joined by links; the last one owns the budgets, and has the receivers of all streams.</summary>
public abstract class BudgetRooms : IDisposable
{
    protected const long Origin = 1;
    protected const long Peer = 3;
    protected const long Proxy = 4;

    protected BudgetRooms()
    {
        FarLink = new TestLink(Far, Near);
        Link = new TestLink(Near, Owner);
        Near.Engine.Attach(Proxy, new PassingBinding(Peer));
        Near.Engine.Place(Peer, "owner");
        Far.Engine.Place(Proxy, "near");
        Owner.Engine.Attach(Peer, Receivers);
        Owner.Engine.Attach(Proxy, new PassingBinding(Peer));
    }

    protected TestEngine Far { get; } = new("far", index: 1);

    protected TestEngine Near { get; } = new("near", index: 2);

    protected TestEngine Owner { get; } = new("owner", index: 3);

    protected TestLink FarLink { get; }

    protected TestLink Link { get; }

    protected ScriptedBinding Receivers { get; } = new(_ => new ScriptedStream { WindowBytes = 0, AcknowledgesAtOnce = false });

    protected TestEngine[] All => [Far, Near, Owner];

    protected BudgetTable Budgets => Owner.Engine.Budgets;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Settle();
        foreach (TestEngine engine in All)
        {
            engine.Advance(5000); // Closed budgets are kept for so long.
        }

        Settle();
        Array.ForEach(All, engine => engine.Dispose());
        FarLink.Dispose();
        Link.Dispose();
    }

    // Payload and padding that came in at the owner.
    protected long Arrived() => Receivers.Streams.Sum(stream => stream.Port.UnacknowledgedBytes);

    protected Bulk Send(TestEngine from, int bytes, long to = Peer, int atLeast = 1, string name = "", List<string>? order = null)
    {
        var sender = new Bulk { LeftBytes = bytes, AtLeastBytes = atLeast, IsWhole = order is not null, WhenDone = () => order?.Add(name) };
        from.Engine.Open(sender, Origin, to);
        return sender;
    }

    protected void Grant(Budget budget, int window, int padding = 0)
    {
        Receivers.Streams.ForEach(stream => stream.Port.SendWindow(window, padding, budgetId: budget.Id));
        Settle();
    }

    protected void Settle() => TestEngine.TurnAllUntilIdle(All);

    protected void Close(params Bulk[] senders)
    {
        Array.ForEach(senders, sender => sender.Port.Close(CloseReason.Cancelled));
        Settle();
    }

    /// <summary>Sends what it has as far as there is credit.</summary>
    protected sealed class Bulk : StreamHandler
    {
        public long LeftBytes { get; set; }

        public int AtLeastBytes { get; init; }

        /// <summary>Sends all at once or nothing, and asks for no more than that.</summary>
        public bool IsWhole { get; init; }

        public int Windows { get; private set; }

        public Action? WhenCredited { get; set; }

        public Action? WhenDone { get; init; }

        public void Send(int bytes)
        {
            LeftBytes += bytes;
            Pump();
        }

        public void Pump()
        {
            while (LeftBytes > 0 && IsWhole && Port.TrySendData(new byte[LeftBytes]))
            {
                LeftBytes = 0;
                WhenDone?.Invoke();
            }

            while (LeftBytes > 0 && !IsWhole && Port.SendableBytes >= AtLeastBytes)
            {
                int bytes = (int)Math.Min(LeftBytes, Port.SendableBytes);
                Assert.True(Port.TrySendData(new byte[bytes]));
                LeftBytes -= bytes;
                if (LeftBytes == 0)
                {
                    WhenDone?.Invoke();
                }
            }
        }

        public override void OnWindow(in WindowFrame frame)
        {
            Windows++;
            if (WhenCredited is null)
            {
                Pump();
            }
            else
            {
                WhenCredited();
            }
        }
    }
}
