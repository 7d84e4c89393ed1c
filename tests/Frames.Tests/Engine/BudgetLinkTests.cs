using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.4 between engines: who gets how much, and when.</summary>
public sealed class BudgetLinkTests : BudgetRooms
{
    [Fact]
    public void Streams_over_a_link_send_no_more_than_their_budget_holds_and_go_on_when_it_is_credited()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        Bulk[] senders = [.. Enumerable.Range(0, 5).Select(_ => Send(Near, 400))];
        Settle();
        Grant(budget, window: 10_000, padding: 10);
        Assert.Equal(1000, Arrived());
        Assert.Equal(0, budget.AvailableBytes);
        for (int i = 0; i < 6; i++)
        {
            budget.Credit(200);
            Settle();
            Assert.Equal(1200 + (i * 200), Arrived() + budget.AvailableBytes); // Nothing is held by those that have no more to send.
            Assert.True(budget.AvailableBytes == 0 || Array.TrueForAll(senders, sender => sender.LeftBytes == 0));
        }

        Assert.All(senders, sender => Assert.Equal(0, sender.LeftBytes));
        Close(senders);
    }

    [Fact]
    public void A_stream_that_rests_keeps_nothing_from_the_others()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        Bulk[] resting = [Send(Near, 0), Send(Near, 0)];
        Bulk busy = Send(Near, 900);
        Settle();
        Grant(budget, window: 10_000);
        Assert.Equal(0, busy.LeftBytes);
        Assert.Equal(100, budget.AvailableBytes);
        Assert.Equal(0, Link.EndOfTwo.LentBytes);
        resting[0].Send(100);
        Settle();
        Assert.Equal(0, resting[0].LeftBytes);
        Close([.. resting, busy]);
    }

    [Fact]
    public void What_is_spent_over_a_link_is_spent_on_the_parents()
    {
        using Budget parent = Budgets.Acquire();
        using Budget child = Budgets.Acquire(parent);
        parent.Credit(300);
        child.Credit(1000);
        Bulk sender = Send(Near, 500);
        Settle();
        Grant(child, window: 10_000, padding: 10);
        Assert.Equal((0, 700), (parent.CreditBytes, child.CreditBytes));
        Assert.Equal(500 - 290, sender.LeftBytes);
        Close(sender);
    }

    [Fact]
    public void Frames_carry_the_id_of_the_owner_and_streams_know_their_own_engines()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        var seen = new List<long>();
        Owner.Engine.Attach(Peer, new PaidBinding(seen, budget));
        Bulk sender = Send(Far, 100, Proxy);
        Settle();
        Assert.Equal([budget.Id], seen);
        Assert.Equal(1, sender.Port.BudgetId >> 56);
        Assert.Equal((0, 0), (Far.Engine.Budgets.Count, Near.Engine.Budgets.Count)); // They own none.
        Close(sender);
    }

    [Fact]
    public void A_proxy_passes_the_budget_on_over_the_next_link_and_nothing_is_charged_twice()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(1000);
        Bulk[] senders = [Send(Far, 400, Proxy), Send(Far, 400, Proxy), Send(Near, 400)];
        Settle();
        Grant(budget, window: 10_000, padding: 5);
        Assert.InRange(Arrived(), 1000 - (3 * PassingBinding.PaddingBytes), 1000); // What the proxy adds is charged before it, and free behind it.
        budget.Credit(1000);
        Settle();
        Assert.All(senders, sender => Assert.Equal(0, sender.LeftBytes));
        Assert.Equal(2000 - Arrived(), budget.AvailableBytes);
        Close(senders);
    }

    [Fact]
    public void A_proxy_beside_the_owner_passes_the_budget_on_over_the_link()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(500);
        Near.Engine.Detach(Proxy);
        Near.Engine.Place(Proxy, "owner");
        Bulk sender = Send(Near, 800, Proxy);
        Settle();
        Grant(budget, window: 10_000);
        budget.Credit(1000);
        Settle();
        Assert.Equal((0, 800), (sender.LeftBytes, Arrived()));
        Assert.Equal((700, 0), (budget.AvailableBytes, Link.EndOfTwo.LentBytes));
        Close(sender);
    }

    [Fact]
    public void Those_who_came_first_are_served_first_wherever_they_are()
    {
        using Budget budget = Budgets.Acquire();
        var order = new List<string>();
        Bulk here = Send(Owner, 0, name: "here", order: order);
        Bulk far = Send(Far, 0, Proxy, name: "far", order: order);
        Bulk last = Send(Owner, 0, name: "last", order: order);
        Settle();
        Grant(budget, window: 10_000);
        foreach (Bulk sender in new[] { here, far, last })
        {
            sender.Send(100);
            Settle();
        }

        for (int i = 0; i < 3; i++)
        {
            budget.Credit(100 + (i == 1 ? PassingBinding.PaddingBytes : 0));
            Settle();
        }

        Assert.Equal(["here", "far", "last"], order);
        Close(here, far, last);
    }

    [Fact]
    public void One_that_waits_for_a_whole_message_asks_again_only_when_there_is_more()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(100);
        Bulk whole = Send(Near, 500, atLeast: 500);
        Settle();
        Grant(budget, window: 10_000);
        Assert.Equal(100, budget.AvailableBytes); // Declined, and back.
        long frames = Owner.Engine.Counters.FramesReceived;
        Bulk small = Send(Near, 0);
        Settle();
        Receivers.Streams[1].Port.SendWindow(10_000, budgetId: budget.Id);
        small.Send(60); // The other one's waiting does not stand in its way.
        Settle();
        Assert.Equal(0, small.LeftBytes);
        Assert.True(Owner.Engine.Counters.FramesReceived - frames < 12);
        budget.Credit(459);
        Settle();
        Assert.Equal(500, whole.LeftBytes);
        budget.Credit(1);
        Settle();
        Assert.Equal(0, whole.LeftBytes);
        Close(whole, small);
    }

    [Fact]
    public void One_that_needs_more_than_there_will_ever_be_keeps_nobody_else_waiting()
    {
        using Budget budget = Budgets.Acquire();
        Bulk huge = Send(Near, 5000, atLeast: 5000);
        Settle();
        Receivers.Streams[0].Port.SendWindow(10_000, minimumBytes: 5000, budgetId: budget.Id);
        Settle();
        Bulk small = Send(Near, 100);
        Settle();
        Receivers.Streams[1].Port.SendWindow(10_000, budgetId: budget.Id);
        Settle();
        budget.Credit(100);
        Settle();
        Assert.Equal(0, small.LeftBytes);
        Close(huge, small);
    }

    [Fact]
    public void One_that_goes_on_in_an_async_method_finds_the_credit_it_was_told_of()
    {
        using Budget budget = Budgets.Acquire();
        budget.Credit(300);
        Bulk later = Send(Near, 0);
        Settle();
        Grant(budget, window: 10_000);
        later.WhenCredited = () => Near.Engine.Post(later.Pump);
        later.Send(200);
        Settle();
        Assert.Equal((0, 100), (later.LeftBytes, budget.AvailableBytes));
        later.WhenCredited = () => Near.Engine.Post(() => Near.Engine.Post(() => Near.Engine.Post(later.Pump))); // Too late, so it asks again.
        later.Send(50);
        Settle();
        Assert.Equal(0, later.LeftBytes);
        Near.Advance(2);
        Settle();
        Assert.Equal(50, budget.AvailableBytes);
        Close(later);
    }

    /// <summary>Writes down with which budget content was paid.</summary>
    private sealed class PaidBinding(List<long> seen, Budget budget) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new Stream(seen, budget);

        private sealed class Stream(List<long> seen, Budget budget) : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame) => Port.SendWindow(10_000, budgetId: budget.Id);

            public override void OnData(in DataFrame frame) => seen.Add(frame.BudgetId);
        }
    }
}
