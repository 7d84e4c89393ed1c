using System.Collections.Concurrent;
using Sluice.Frames;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests.Engine;

/// <summary>An engine that is stuck in a handler is noticed, and the handler named; one that works or sleeps is left alone.</summary>
public sealed class EngineWatchdogTests : IDisposable
{
    private const long Blocking = 7;

    private readonly Listener _observer = new();
    private readonly ManualResetEventSlim _gate = new();

    public void Dispose() => _gate.Dispose();

    [Fact]
    public void A_handler_that_blocks_is_named_and_so_is_the_length_of_its_turn_once_it_is_over()
    {
        using var engine = Start(100);
        engine.Engine.Post(() => engine.Engine.Open(new ScriptedStream(), 1, Blocking));
        EngineStall stall = _observer.Next("stalled");
        Assert.Equal(("test", 0), (stall.Room, stall.Engine));
        Assert.Equal("Sluice.Frames.Tests.Engine.EngineWatchdogTests.BlockingStream", stall.Handler);
        Assert.InRange(stall.ForMs, 100, 5000);
        _gate.Set();
        EngineStall over = _observer.Next("over");
        Assert.Equal(stall.Handler, over.Handler);
        Assert.True(over.ForMs >= stall.ForMs);
        Assert.Equal(1, engine.Engine.Counters[EngineCounter.Stalls]);
        Assert.True(engine.Engine.Counters.TurnNsMax >= over.ForMs * 1_000_000);
        Assert.Empty(_observer.Events);
    }

    [Fact]
    public void A_timer_a_post_and_the_piece_after_an_await_are_named_by_their_method()
    {
        using var engine = Start(50);
        Assert.Equal($"a timer or budget callback: {typeof(EngineWatchdogTests).FullName}.Block", Stall(engine, () => engine.Engine.Schedule(1, Block)));
        Assert.Equal($"a post: {typeof(EngineWatchdogTests).FullName}.{nameof(A_timer_a_post_and_the_piece_after_an_await_are_named_by_their_method)}",
            Stall(engine, () => Block(null)));
        Assert.Equal($"a post: {typeof(EngineWatchdogTests).FullName}.BlockLaterAsync", Stall(engine, () => _ = BlockLaterAsync()));
    }

    [Fact]
    public void An_engine_that_works_and_one_that_sleeps_are_left_alone()
    {
        using var engine = Start(50);
        int turns = 0;
        using var done = new ManualResetEventSlim();
        void Again(object? _)
        {
            if (++turns < 100)
            {
                engine.Engine.Schedule(2, Again);
            }
            else
            {
                done.Set();
            }
        }

        engine.Engine.Post(() => Again(null));
        Assert.True(done.Wait(20_000));
        Assert.Empty(_observer.Events);
    }

    [Fact]
    public void A_stall_that_lasts_until_the_engine_stops_is_over_too()
    {
        EngineThread engine = Start(50);
        engine.Engine.Post(Block, null);
        _observer.Next("stalled");
        _gate.Set();
        engine.Dispose();
        _observer.Next("over");
    }

    [Fact]
    public void An_observer_that_throws_does_not_end_the_watch()
    {
        _observer.Throws = true;
        using var engine = Start(50);
        engine.Engine.Post(Block, null);
        _observer.Next("stalled");
        _gate.Set();
        _observer.Next("over");
    }

    private string Stall(EngineThread engine, Action start)
    {
        _gate.Reset();
        engine.Engine.Post(start);
        string name = _observer.Next("stalled").Handler;
        _gate.Set();
        _observer.Next("over");
        return name;
    }

    private void Block(object? _) => Assert.True(_gate.Wait(20_000));

    private async Task BlockLaterAsync()
    {
        await Task.Delay(1);
        Block(null);
    }

    private EngineThread Start(int stallMs)
    {
        var engine = new FrameEngine(0, "test", new LocalDoorbell(), _observer);
        engine.Attach(Blocking, new BlockingBinding(this));
        return new EngineThread(engine, stallMs: stallMs);
    }

    private sealed class BlockingBinding(EngineWatchdogTests test) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new BlockingStream(test);
    }

    private sealed class BlockingStream(EngineWatchdogTests test) : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => test.Block(null);
    }

    private sealed class Listener : EngineObserver
    {
        public BlockingCollection<(string What, EngineStall Stall)> Events { get; } = [];

        public bool Throws { get; set; }

        public override void OnStalled(EngineStall stall) => Add("stalled", stall);

        public override void OnStallOver(EngineStall stall) => Add("over", stall);

        public EngineStall Next(string what)
        {
            Assert.True(Events.TryTake(out (string What, EngineStall Stall) next, 20_000), $"nobody said '{what}'");
            Assert.Equal(what, next.What);
            return next.Stall;
        }

        private void Add(string what, EngineStall stall)
        {
            Events.Add((what, stall));
            if (Throws)
            {
                throw new InvalidOperationException("the observer's own");
            }
        }
    }
}
