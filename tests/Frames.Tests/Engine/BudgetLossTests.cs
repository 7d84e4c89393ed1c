using Sluice.Frames.Memory;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.4 rule 5 between engines: what is dropped, lost or closed comes back, and nothing comes out of nothing.</summary>
public sealed class BudgetLossTests : BudgetRooms
{
    [Fact]
    public void Content_for_a_stream_that_has_closed_gives_its_share_back_over_links()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        Bulk direct = Send(Near, 0);
        Bulk passed = Send(Far, 0, Proxy);
        Settle();
        Grant(budget, window: 10_000);
        direct.Send(300);
        passed.Send(300);
        Far.TurnUntilIdle(); // asks
        Near.TurnUntilIdle();
        Owner.TurnUntilIdle(); // lends
        Near.TurnUntilIdle();
        Far.TurnUntilIdle(); // sends
        Assert.Equal((0, 0), (direct.LeftBytes, passed.LeftBytes));
        Receivers.Streams.ForEach(stream => stream.Port.Close(CloseReason.Cancelled));
        Settle();
        Assert.Equal(1000, budget.AvailableBytes);
    }

    [Fact]
    public void A_mark_that_reserves_gives_its_share_back_when_it_has_been_heard()
    {
        using var raw = new RawPeer(Owner.Engine, "raw", peerEngine: 9);
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        const long Stream = (9L << 56) | (3L << 48) | 3;
        Owner.TurnUntilIdle();
        raw.Send(RawFrames.Begin(Stream, Peer));
        Owner.TurnUntilIdle();
        Receivers.Streams[0].Port.SendWindow(1000, budgetId: budget.Id);
        raw.Send(RawFrames.BudgetNeed(budget.Id, back: 0, needed: 1, wanted: 100));
        Owner.TurnUntilIdle();
        Assert.Equal(900, budget.AvailableBytes);
        raw.Send(RawFrames.Mark(FrameType.Flush, Stream, reserved: 40, budgetId: budget.Id));
        raw.Send(RawFrames.Mark(FrameType.End, Stream, sequence: 40, reserved: 50, budgetId: budget.Id));
        Owner.TurnUntilIdle();
        Assert.Equal(990, budget.AvailableBytes);
        raw.Die();
        Owner.TurnUntilIdle();
        Assert.Equal(1000, budget.AvailableBytes);
    }

    [Fact]
    public void A_lost_link_returns_what_was_lent_and_what_was_under_way_at_any_moment()
    {
        for (int turns = 0; turns < 12; turns++)
        {
            using var test = new BudgetLossTests();
            using Budget parent = test.Budgets.Acquire();
            using Budget budget = test.Budgets.Acquire(parent);
            parent.Credit(900);
            budget.Credit(1000);
            test.Send(test.Near, 400);
            test.Send(test.Far, 400, Proxy);
            test.Settle();
            test.Receivers.Streams.ForEach(stream => stream.Port.SendWindow(10_000, 10, budgetId: budget.Id));
            for (int i = 0; i < turns; i++)
            {
                test.All[2 - (i % 3)].Turn();
            }

            test.Link.Break();
            test.Owner.TurnUntilIdle();
            Assert.Equal((1000 - test.Arrived(), 900 - test.Arrived()), (budget.CreditBytes, parent.CreditBytes));
        }
    }

    [Fact]
    public void A_proxy_that_lost_its_sender_returns_what_it_had_lent_to_it()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        Bulk sender = Send(Far, 400, Proxy);
        Settle();
        Receivers.Streams[0].Port.SendWindow(10_000, budgetId: budget.Id);
        Owner.TurnUntilIdle();
        for (int i = 0; i < 3; i++)
        {
            Near.TurnUntilIdle();
            Far.TurnUntilIdle();
            Near.TurnUntilIdle();
            Owner.TurnUntilIdle();
        }

        budget.Return(Arrived());
        Assert.Equal(1000, budget.AvailableBytes);
        sender.Send(300);
        Far.TurnUntilIdle();
        Near.TurnUntilIdle();
        Owner.TurnUntilIdle();
        Near.TurnUntilIdle();
        Assert.True(FarLink.EndOfTwo.LentBytes > 0);
        FarLink.Break();
        Settle();
        Assert.Equal(1000, budget.AvailableBytes);
    }

    [Fact]
    public void When_the_owner_closes_the_budget_whoever_waits_is_told_and_nothing_can_be_sent()
    {
        Budget budget = Budgets.Acquire();
        budget.Credit(100);
        Bulk near = Send(Near, 400);
        Bulk far = Send(Far, 400, Proxy);
        Settle();
        Grant(budget, window: 10_000);
        int told = near.Windows;
        int toldFar = far.Windows;
        budget.Dispose();
        Settle();
        Assert.True(near.Windows > told && far.Windows > toldFar);
        Assert.Equal((0, 0), (near.Port.SendableBytes, far.Port.SendableBytes));
        Grant(budget, window: 10_000); // A budget that is closed is not opened by naming it again.
        Assert.Equal((0, 0), (near.Port.SendableBytes, far.Port.SendableBytes));
        Close(near, far);
    }

    [Fact]
    public void Whoever_waits_is_told_at_once_when_a_link_with_senseless_cursors_is_dropped()
    {
        using var raw = new RawPeer(Owner.Engine, "raw", peerEngine: 9);
        using Budget budget = Budgets.Acquire();
        budget.Credit(100);
        Owner.TurnUntilIdle();
        raw.Send(RawFrames.Begin(RawStream, Peer));
        Owner.TurnUntilIdle();
        Receivers.Streams[0].Port.SendWindow(1000, budgetId: budget.Id);
        raw.Send(RawFrames.BudgetNeed(budget.Id, back: 0, needed: 1, wanted: 100));
        Owner.TurnUntilIdle();
        bool isTold = false;
        budget.NotifyWhenCredited(100, _ => isTold = true);
        RawFrames.PutLong(raw.Memory, FrameRing.TailOffset, long.MaxValue);
        Owner.TurnUntilIdle();
        Assert.True(raw.IsClosed);
        Assert.True(isTold);
    }

    [Fact]
    public void A_claim_of_DATA_outlives_the_end_of_a_budget()
    {
        Budget budget = Budgets.Acquire();
        Bulk sender = Send(Near, 0);
        Settle();
        Grant(budget, window: 10_000);
        StreamPort reply = Receivers.Streams[0].Port;
        reply.SendBegin();
        sender.Port.SendWindow(1000);
        Settle();
        Assert.True(reply.TryClaimData(1, 0, out DataClaim claim));
        budget.Dispose(); // Its end is for the same link.
        claim.Commit(1);
        Settle();
        Close(sender);
    }

    [Theory]
    [InlineData(4999, 500)]
    [InlineData(5000, 200)]
    public void A_child_that_its_owner_closed_returns_what_is_under_way_for_five_seconds(long ms, long expected)
    {
        using Budget parent = Budgets.Acquire();
        Budget child = Budgets.Acquire(parent);
        parent.Credit(500);
        child.Credit(300);
        Bulk sender = Send(Near, 300);
        Settle();
        Receivers.Streams[0].Port.SendWindow(10_000, budgetId: child.Id);
        Owner.TurnUntilIdle();
        Near.TurnUntilIdle();
        Owner.TurnUntilIdle(); // The sender has not heard yet that it may go on.
        Assert.Equal((200, 300), (parent.AvailableBytes, Link.EndOfTwo.LentBytes));
        Receivers.Streams[0].Port.Close(CloseReason.Cancelled);
        child.Dispose();
        Owner.Advance(ms);
        Settle();
        Assert.Equal(expected, parent.AvailableBytes);
        Assert.Equal(0, Link.EndOfTwo.LentBytes);
        Assert.True(sender.Port.IsOver);
    }

    [Fact]
    public void A_peer_that_makes_credit_out_of_nothing_loses_its_link_and_nothing_is_gained()
    {
        byte[][] lies =
        [
            RawFrames.BudgetNeed(Lent, back: 101, needed: 0, wanted: 0),
            RawFrames.BudgetNeed(Lent, back: -1, needed: 0, wanted: 0),
            RawFrames.BudgetNeed(Lent, back: 0, needed: 2, wanted: 1),
            RawFrames.Data(RawStream, 0, new byte[101], budgetId: Lent),
            RawFrames.Data(RawStream + 2, 0, new byte[101], budgetId: Lent),
            RawFrames.Grant(Lent, 0),
            RawFrames.Mark(FrameType.End, 0, reserved: 1, budgetId: Lent),
            RawFrames.Begin(0, Peer),
            RawFrames.Data(0, 0, [1], budgetId: Lent),
            RawFrames.Window(RawStream & ~1L, 0, 1000, budgetId: Lent), // Ours, not the peer's.
        ];
        foreach (byte[] lie in lies)
        {
            Assert.Equal((true, 1000L), Lie(lie));
        }

        // What a race can bring is nobody's fault.
        Assert.Equal((false, 900L), Lie(RawFrames.BudgetNeed(Lent + 1, back: 50, needed: 1, wanted: 50)));
        Assert.Equal((false, 900L), Lie(RawFrames.Data(RawStream + 2, 0, new byte[10], budgetId: Lent + 1)));
        Assert.Equal((false, 900L), Lie(RawFrames.Mark(FrameType.End, 0, budgetId: 77)));
        Assert.Equal((false, 910L), Lie(RawFrames.Data(RawStream + 2, 0, new byte[10], budgetId: Lent))); // Dropped, and back.
    }

    // Asks for 100 of 1000, then says something; returns whether the link was closed, and what the owner has then.
    private const long Lent = (3L << 56) | 1;
    private const long RawStream = (9L << 56) | (3L << 48) | 3;

    private static (bool IsClosed, long AvailableBytes) Lie(byte[] record)
    {
        using var engine = new TestEngine("owner", index: 3);
        var raw = new RawPeer(engine.Engine, "raw", peerEngine: 9);
        using Budget budget = engine.Engine.Budgets.Acquire();
        Assert.Equal(Lent, budget.Id);
        budget.Credit(1000);
        var receivers = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0, AcknowledgesAtOnce = false });
        engine.Engine.Attach(Peer, receivers);
        engine.TurnUntilIdle();
        raw.Send(RawFrames.Begin(RawStream, Peer));
        engine.TurnUntilIdle();
        receivers.Streams[0].Port.SendBegin();
        receivers.Streams[0].Port.SendWindow(10_000, budgetId: budget.Id);
        raw.Send(RawFrames.BudgetNeed(budget.Id, back: 0, needed: 1, wanted: 100));
        engine.TurnUntilIdle();
        Assert.Equal(900, budget.AvailableBytes);
        raw.Send(record);
        engine.TurnUntilIdle();
        (bool, long) result = (raw.IsClosed, budget.AvailableBytes);
        raw.Die();
        engine.TurnUntilIdle();
        raw.Dispose();
        engine.Advance(5000);
        return result;
    }
}
