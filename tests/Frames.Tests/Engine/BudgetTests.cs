using CsCheck;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.4: credit that several streams share.</summary>
public sealed class BudgetTests : IDisposable
{
    private const long Origin = 1;
    private const long Echo = 2;
    private const long Peer = 3;
    private const long Proxy = 4;

    private readonly TestEngine _test = new();

    private FrameEngine Engine => _test.Engine;

    public void Dispose()
    {
        _test.Advance(5000); // Closed children are kept for so long.
        _test.Dispose();
    }

    [Fact]
    public void A_claim_takes_all_that_is_wanted_or_what_remains_or_nothing()
    {
        using Budget budget = Engine.Budgets.Acquire();
        budget.Credit(100);
        Assert.Equal(60, budget.Claim(10, 50, paddingBytes: 10));
        Assert.Equal(0, budget.Claim(40, 50, paddingBytes: 10));
        Assert.Equal(40, budget.Claim(30, 50, paddingBytes: 10));
        Assert.Equal(0, budget.AvailableBytes);
        Assert.Equal(0L, budget.Id >> 56);
        Assert.Same(budget, Engine.Budgets.Find(budget.Id));
        budget.Dispose();
        Assert.Null(Engine.Budgets.Find(budget.Id));
    }

    [Fact]
    public void What_a_child_spends_is_spent_on_its_parents()
    {
        using Budget parent = Engine.Budgets.Acquire();
        using Budget child = Engine.Budgets.Acquire(parent);
        parent.Credit(50);
        child.Credit(100);
        Assert.Equal(50, child.Claim(1, 80));
        Assert.Equal(0, parent.AvailableBytes);
        Assert.Equal(50, child.CreditBytes);
        child.Return(20);
        Assert.Equal(20, parent.Claim(1, 100));
    }

    [Fact]
    public void A_closed_child_returns_what_is_under_way_to_its_parent_for_five_seconds()
    {
        using Budget parent = Engine.Budgets.Acquire();
        using Budget child = Engine.Budgets.Acquire(parent);
        parent.Credit(100);
        child.Credit(100);
        _test.TurnUntilIdle();
        child.Claim(30, 30);
        child.Dispose();
        Assert.Equal(0, child.Claim(1, 1));
        Engine.Budgets.GiveBack(child.Id, 10);
        Assert.Equal(80, parent.AvailableBytes);
        _test.Advance(4999);
        Engine.Budgets.GiveBack(child.Id, 10);
        Assert.Equal(90, parent.AvailableBytes);
        _test.Advance(1);
        Engine.Budgets.GiveBack(child.Id, 10);
        Assert.Equal(90, parent.AvailableBytes);
    }

    [Fact]
    public void Whoever_waits_is_told_in_order_of_asking_and_only_when_it_is_enough()
    {
        using Budget budget = Engine.Budgets.Acquire();
        var told = new List<string>();
        budget.NotifyWhenCredited(100, _ => told.Add("large"));
        budget.NotifyWhenCredited(10, _ => told.Add("first"));
        budget.NotifyWhenCredited(10, _ => told.Add("second"));
        budget.Credit(20);
        Assert.Empty(told); // Never from inside the call.
        _test.TurnUntilIdle();
        Assert.Equal(["first", "second"], told);
        budget.Credit(80);
        _test.TurnUntilIdle();
        Assert.Equal("large", told[2]);
    }

    [Fact]
    public void Streams_with_one_budget_send_no_more_than_it_holds_and_go_on_when_it_is_credited()
    {
        using Budget budget = Engine.Budgets.Acquire();
        budget.Credit(150);
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0, AcknowledgesAtOnce = false });
        Engine.Attach(Peer, binding);
        var clients = new[] { new ScriptedStream { RecordsWindows = true }, new ScriptedStream { RecordsWindows = true } };
        foreach (ScriptedStream client in clients)
        {
            Engine.Open(client, Origin, Peer);
        }

        _test.TurnUntilIdle();
        binding.Streams.ForEach(stream => stream.Port.SendWindow(100, paddingBytes: 10, budgetId: budget.Id));
        _test.TurnUntilIdle();
        Assert.Equal(90, clients[0].Port.SendableBytes);
        clients[0].Send(new string('a', 90));
        Assert.Equal(50, budget.AvailableBytes);
        Assert.Equal(40, clients[1].Port.SendableBytes);
        clients[1].Send(new string('b', 40));
        Assert.Equal(0, clients[1].Port.SendableBytes);
        Assert.False(clients[1].Port.TrySendData("b"u8));
        budget.Credit(30);
        _test.TurnUntilIdle();
        Assert.Equal("WINDOW 20", clients[1].Log[^1]);
        clients[1].Send(new string('b', 20));
        Assert.Equal(0, budget.AvailableBytes);
        foreach (ScriptedStream client in clients)
        {
            client.Port.Close(CloseReason.Cancelled);
        }
    }

    [Fact]
    public void A_stream_that_ends_does_not_stay_in_line()
    {
        using Budget budget = Engine.Budgets.Acquire();
        Engine.Attach(Peer, new ScriptedBinding(_ => new ScriptedStream { BudgetId = budget.Id }));
        for (int i = 0; i < 10; i++)
        {
            var client = new ScriptedStream { RecordsWindows = true };
            Engine.Open(client, Origin, Peer);
            _test.TurnUntilIdle();
            Assert.Equal("WINDOW 0", client.Log[^1]); // It has asked, so it waits.
            Assert.Equal(1, budget.WaiterCount);
            client.Port.Close(CloseReason.Cancelled);
            _test.TurnUntilIdle();
            Assert.Equal(0, budget.WaiterCount);
        }
    }

    [Fact]
    public void A_proxy_whose_receiver_moves_to_another_budget_returns_what_was_paid_from_the_first()
    {
        using Budget first = Engine.Budgets.Acquire();
        using Budget second = Engine.Budgets.Acquire();
        first.Credit(1000);
        second.Credit(1000);
        var binding = new ScriptedBinding(_ => new ScriptedStream { BudgetId = first.Id });
        Engine.Attach(Peer, binding);
        Engine.Attach(Proxy, new PassingBinding(Peer));
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Proxy);
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendWindow(70_000, budgetId: second.Id);
        client.Send("0123456789"); // Paid before its own WINDOW comes.
        _test.TurnUntilIdle();
        Assert.Equal((1000, 990), (first.AvailableBytes, second.AvailableBytes));
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void The_top_byte_of_a_budget_is_the_number_of_its_engine()
    {
        using var engine = new FrameEngine(37, "test", new LocalDoorbell());
        Assert.Equal(37, engine.Budgets.Acquire().Id >> 56);
    }

    [Fact]
    public void A_stream_on_a_child_budget_is_held_by_its_grandparent()
    {
        using Budget grandparent = Engine.Budgets.Acquire();
        using Budget parent = Engine.Budgets.Acquire(grandparent);
        using Budget child = Engine.Budgets.Acquire(parent);
        grandparent.Credit(50);
        child.Parent!.Credit(1000);
        child.Credit(1000);
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        var client = new ScriptedStream { RecordsWindows = true };
        Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendWindow(500, paddingBytes: 10, budgetId: child.Id);
        _test.TurnUntilIdle();
        Assert.Equal(40, client.Port.SendableBytes);
        client.Send(new string('a', 40));
        Assert.Equal((0, 950, 950), (grandparent.AvailableBytes, child.Parent!.CreditBytes, child.CreditBytes));
        grandparent.Credit(20);
        _test.TurnUntilIdle();
        Assert.Equal("WINDOW 10", client.Log[^1]);
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void Content_for_a_stream_that_has_closed_gives_its_share_back()
    {
        using Budget budget = Engine.Budgets.Acquire();
        budget.Credit(1000);
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Peer);
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendWindow(500, paddingBytes: 5, budgetId: budget.Id);
        _test.TurnUntilIdle();
        client.Send("0123456789");
        client.Send("0123456789");
        Assert.Equal(970, budget.AvailableBytes);
        binding.Streams[0].Port.Close(CloseReason.Cancelled); // Both are under way.
        _test.TurnUntilIdle();
        Assert.Equal(1000, budget.AvailableBytes);
    }

    [Fact]
    public void A_proxy_passes_the_budget_on_and_nothing_is_charged_twice()
    {
        using Budget budget = Engine.Budgets.Acquire();
        budget.Credit(1000);
        var binding = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = 0 });
        Engine.Attach(Peer, binding);
        Engine.Attach(Proxy, new PassingBinding(Peer));
        var client = new ScriptedStream();
        Engine.Open(client, Origin, Proxy);
        _test.TurnUntilIdle();
        binding.Streams[0].Port.SendWindow(500, paddingBytes: 5, budgetId: budget.Id);
        _test.TurnUntilIdle();
        Assert.Equal(budget.Id, client.Port.BudgetId);
        client.Send("0123456789");
        Assert.Equal(1000 - 10 - 5 - PassingBinding.PaddingBytes, budget.AvailableBytes);
        _test.TurnUntilIdle();
        Assert.Equal("DATA whole '0123456789'", binding.Streams[0].Log[^1]);
        Assert.Equal(1000 - 10 - 5, budget.AvailableBytes); // The proxy's own padding came back.
        client.Port.Close(CloseReason.Cancelled);
    }

    [Fact]
    public void Any_run_of_claims_keeps_the_sums()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 500], Gen.Int[0, 500]).Array[0, 60].Sample(
            steps =>
            {
                using var test = new TestEngine();
                Budget root = test.Engine.Budgets.Acquire();
                Budget[] all = [root, test.Engine.Budgets.Acquire(root), test.Engine.Budgets.Acquire(root), test.Engine.Budgets.Acquire(root)];
                all = [.. all, test.Engine.Budgets.Acquire(all[3])];
                long[] credited = new long[5];
                long[] spent = new long[5]; // by the budget itself, not its children
                foreach ((int action, int who, int a, int b) in steps)
                {
                    Budget budget = all[who];
                    long before = budget.AvailableBytes;
                    if (action <= 1)
                    {
                        long claimed = budget.Claim(Math.Min(a, b), Math.Max(a, b), 7);
                        Assert.Equal(before >= Math.Min(a, b) + 7 ? Math.Min(before, Math.Max(a, b) + 7) : 0, claimed);
                        spent[who] += claimed;
                    }
                    else if (action == 2)
                    {
                        budget.Credit(a);
                        credited[who] += a;
                    }
                    else
                    {
                        long back = Math.Min(a, spent[who]);
                        budget.Return(back);
                        spent[who] -= back;
                    }

                    Assert.All(all, each => Assert.True(each.CreditBytes >= 0 && each.AvailableBytes <= each.CreditBytes));
                    Assert.Equal(credited[0] - spent.Sum(), all[0].CreditBytes);
                    Assert.Equal(credited[1] - spent[1], all[1].CreditBytes);
                    Assert.Equal(credited[3] - spent[3] - spent[4], all[3].CreditBytes);
                    Assert.Equal(credited[4] - spent[4], all[4].CreditBytes);
                }

                Array.ForEach(all, budget => budget.Dispose());
                test.Advance(5000);
            },
            iter: 500);
    }
}
