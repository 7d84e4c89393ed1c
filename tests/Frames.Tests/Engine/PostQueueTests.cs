using Sluice.Frames;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests.Engine;

/// <summary>Work from other threads arrives in order, once, and is never lost; new work is refused at the limit.</summary>
public sealed class PostQueueTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(1024)]
    [InlineData(200_000)]
    public void Posts_run_in_order_however_far_the_engine_is_behind(int count)
    {
        using var test = new TestEngine();
        int next = 0;
        bool isInOrder = true;
        for (int i = 0; i < count; i++)
        {
            test.Engine.Post(state => isInOrder &= (int)state! == next++, i);
        }

        test.TurnUntilIdle();
        Assert.True(isInOrder);
        Assert.Equal(count, next);
        Assert.Equal(count, test.Engine.Counters[EngineCounter.Posts]);
    }

    [Fact]
    public void Each_thread_finds_its_posts_in_its_order_while_the_engine_runs()
    {
        const int threads = 4;
        const int each = 100_000;
        using var test = new TestEngine();
        int[] next = new int[threads];
        bool isInOrder = true;
        Thread[] producers = [.. Enumerable.Range(0, threads).Select(producer => new Thread(() =>
        {
            for (int i = 0; i < each; i++)
            {
                int number = i;
                test.Engine.Post(() => isInOrder &= next[producer]++ == number);
            }
        }))];
        Array.ForEach(producers, producer => producer.Start());
        test.TurnUntil(() => next.Sum() == threads * each, 60_000);
        Array.ForEach(producers, producer => producer.Join());
        Assert.True(isInOrder);
    }

    [Fact]
    public void New_work_is_refused_at_exactly_the_limit_and_continuations_never()
    {
        var observer = new Listener();
        using var engine = new FrameEngine(0, "test", new LocalDoorbell(), observer);
        int ran = 0;
        int taken = 0;
        while (engine.TryPost(_ => ran++))
        {
            taken++;
        }

        Assert.Equal(PostQueue.PostsMax, taken);
        engine.Post(() => ran++);
        Assert.False(engine.TryPost(_ => ran++));
        Assert.Empty(observer.Depths);
        for (int turn = 1; engine.Turn(turn) > 0; turn++)
        {
        }

        Assert.Equal(PostQueue.PostsMax + 1, ran);
        Assert.Equal([PostQueue.PostsMax + 1], observer.Depths);
        Assert.Equal(1, engine.Counters[EngineCounter.PostOverruns]);
        Assert.Equal(2, engine.Counters[EngineCounter.PostsRefused]);
        Assert.Equal(PostQueue.PostsMax + 1, engine.Counters[EngineCounter.PostDepthMax]);
        Assert.True(engine.TryPost(_ => ran++));
    }

    [Fact]
    public void What_a_post_posts_waits_for_the_next_turn()
    {
        using var test = new TestEngine();
        bool hasRun = false;
        test.Engine.Post(() => test.Engine.Post(() => hasRun = true));
        test.Turn();
        Assert.False(hasRun);
        test.Turn();
        Assert.True(hasRun);
    }

    [Fact]
    public void An_engine_that_keeps_up_allocates_nothing_for_posts()
    {
        using var test = new TestEngine();
        SendOrPostCallback callback = static _ => { };
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int turn = 0; turn < 10; turn++)
            {
                for (int i = 0; i < 1000; i++)
                {
                    test.Engine.Post(callback, test);
                }

                test.Turn();
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_parked_engine_is_woken_by_every_first_post()
    {
        var engine = new FrameEngine(0, "test", new LocalDoorbell());
        using var thread = new EngineThread(engine);
        using var answer = new SemaphoreSlim(0);
        for (int i = 0; i < 2000; i++)
        {
            engine.Post(() => answer.Release());
            Assert.True(answer.Wait(10_000), "the post was lost, or the engine slept through it");
        }
    }

    private sealed class Listener : EngineObserver
    {
        public List<long> Depths { get; } = [];

        public override void OnBehind(FrameEngine engine, long depth, long limit) => Depths.Add(depth);
    }
}
