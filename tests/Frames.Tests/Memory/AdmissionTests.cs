using Sluice.Frames.Memory;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests;

/// <summary>Promise P3 on one engine: above the budget new streams are refused, existing ones live; and P9: what leaks has a name.</summary>
public sealed class AdmissionTests
{
    private const long Origin = 1;
    private const long App = 2;
    private const long Cache = 3;
    private const int Window = 64 * 1024;
    private const int BudgetBytes = FrameEngine.LocalRingBytes + (40 * Window);

    [Fact]
    public void A_window_counts_from_its_grant_to_the_end_of_its_direction()
    {
        using TestEngine test = Start(out ScriptedBinding app);
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, App);
        test.TurnUntilIdle();
        Assert.Equal(Window, Credit(test));
        app.Streams[0].Port.SendBegin();
        test.TurnUntilIdle();
        Assert.Equal(2 * Window, Credit(test));
        client.Send("hello");
        client.Port.SendEnd();
        test.TurnUntilIdle();
        Assert.Equal(Window, Credit(test));
        app.Streams[0].Port.SendEnd();
        test.TurnUntilIdle();
        Assert.Equal(0, Credit(test));
    }

    [Fact]
    public void What_arrived_counts_until_it_is_dealt_with_also_after_the_end()
    {
        using var test = new TestEngine();
        var app = new ScriptedBinding(_ => new ScriptedStream { AcknowledgesAtOnce = false });
        test.Engine.Attach(App, app);
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, App);
        test.TurnUntilIdle();
        client.Send("12345");
        client.Port.SendEnd();
        test.TurnUntilIdle();
        Assert.Equal(5, Credit(test));
        app.Streams[0].AcknowledgeAll();
        Assert.Equal(0, Credit(test));
        app.Streams[0].Port.Close(CloseReason.None);
    }

    [Fact]
    public void A_smaller_window_counts_less_as_it_comes_into_force()
    {
        using TestEngine test = Start(out ScriptedBinding app);
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, App);
        test.TurnUntilIdle();
        app.Streams[0].Port.SendWindow(1000);
        Assert.Equal(Window, Credit(test));
        client.Send(new string('x', 30_000));
        test.TurnUntilIdle();
        Assert.Equal(Window - 30_000, Credit(test));
        client.Port.SendAbort(CloseReason.Cancelled);
    }

    [Fact]
    public void A_proxy_that_passes_on_its_window_is_not_charged_for_it()
    {
        using var test = new TestEngine();
        test.Engine.Attach(App, new EchoBinding());
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, App);
        test.TurnUntilIdle();
        client.Send("hello");
        test.TurnUntilIdle();
        Assert.Equal("hello", client.ReceivedText);
        Assert.Equal(Window, Credit(test)); // The client's own.
        client.Port.SendEnd();
    }

    [Fact]
    public void Above_the_budget_new_streams_are_refused_and_existing_ones_finish()
    {
        using TestEngine test = Start(out ScriptedBinding app);
        List<ScriptedStream> clients = [];
        do
        {
            var client = new ScriptedStream();
            clients.Add(client);
            test.Engine.Open(client, Origin, App);
            test.TurnUntilIdle();
        }
        while (clients[^1].Log.Count == 0 && clients.Count < 1000);

        Assert.InRange(clients.Count, 25, 40); // 40 windows are the budget without the ring; 90 % of all are let in.
        Assert.Equal(["RESET Overloaded", "CLOSED"], clients[^1].Log);
        Assert.Equal(1, test.Engine.Counters[EngineCounter.StreamsOverloaded]);
        Assert.Equal([MemoryState.Tight], test.MemoryStates);

        for (int i = 0; i < app.Streams.Count; i++)
        {
            clients[i].Send($"request {i}");
            app.Streams[i].Port.SendBegin();
            test.TurnUntilIdle();
            Assert.Equal($"request {i}", app.Streams[i].ReceivedText);
            app.Streams[i].Send($"answer {i}");
            app.Streams[i].Port.SendEnd();
            clients[i].Port.SendEnd();
            test.TurnUntilIdle();
            Assert.Equal($"answer {i}", clients[i].ReceivedText);
        }

        var late = new ScriptedStream();
        test.Engine.Open(late, Origin, App);
        late.Port.SendEnd();
        test.TurnUntilIdle();
        Assert.Equal(clients.Count, app.Streams.Count);
        app.Streams[^1].Port.SendReset(CloseReason.None);
        Assert.Equal(MemoryState.Free, test.MemoryStates[^1]);
    }

    [Fact]
    public void What_helps_those_who_are_in_is_refused_only_when_nothing_is_left()
    {
        using TestEngine test = Start(out _);
        test.Engine.Memory.Take(MemoryUser.Connections, BudgetBytes / 100 * 93 - FrameEngine.LocalRingBytes);
        Assert.Equal(("RESET Overloaded", "nothing"), (Ask(test, App), Ask(test, Cache)));
        test.Engine.Memory.Take(MemoryUser.Connections, BudgetBytes / 10);
        Assert.Equal(("RESET Overloaded", "RESET Overloaded"), (Ask(test, App), Ask(test, Cache)));
        test.Engine.Memory.Give(MemoryUser.Connections, test.Engine.Memory.UsedBy(MemoryUser.Connections));
        Assert.Equal(("nothing", "nothing"), (Ask(test, App), Ask(test, Cache)));
    }

    [Fact]
    public void An_engine_that_stops_names_what_was_not_given_back()
    {
        var observer = new LeakObserver();
        var engine = new FrameEngine(3, "edge", new LocalDoorbell(), observer);
        engine.Slots.Lease("http response");
        engine.Memory.Take(MemoryUser.Connections, 100);
        engine.Budgets.Acquire();
        Assert.Equal(["1 slots of http response", "100 bytes of connections", "1 budgets of shared credit"], engine.FindLeaks());
        engine.Dispose();
#if DEBUG
        Assert.Equal("edge.3: 1 slots of http response", observer.Leaks.First());
        Assert.Throws<InvalidOperationException>(observer.AssertClean);
#endif
    }

    [Fact]
    public void A_test_that_leaves_something_open_fails()
    {
        TestEngine test = Start(out _);
        test.Engine.Open(new ScriptedStream(), Origin, App);
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(test.Dispose);
        Assert.Contains("stream 2 opened to binding 0000000000000002 by ScriptedStream", failure.Message, StringComparison.Ordinal);
        Assert.Contains("65536 bytes of credit", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_engine_gives_all_of_its_budget_back()
    {
        var budget = new MemoryBudget(100 << 20);
        using (var engine = new FrameEngine(0, "test", new LocalDoorbell(), memory: budget))
        {
            Assert.True(budget.UsedBytes >= FrameEngine.LocalRingBytes);
        }

        Assert.Equal(0, budget.UsedBytes);
    }

    private static TestEngine Start(out ScriptedBinding app)
    {
        var test = new TestEngine(memoryBytes: BudgetBytes);
        app = new ScriptedBinding();
        test.Engine.Attach(App, app);
        test.Engine.Attach(Cache, new HelperBinding());
        return test;
    }

    private static string Ask(TestEngine test, long bindingId)
    {
        var client = new ScriptedStream();
        test.Engine.Open(client, Origin, bindingId);
        test.TurnUntilIdle();
        string answer = client.Log.FirstOrDefault("nothing");
        client.Port.Close(CloseReason.Cancelled);
        test.TurnUntilIdle();
        return answer;
    }

    private static long Credit(TestEngine test) => test.Engine.Memory.UsedBy(MemoryUser.Credit);

    private sealed class HelperBinding : IBinding
    {
        public bool IsHelper => true;

        public StreamHandler? Accept(in BeginFrame begin) => new ScriptedStream();
    }
}
