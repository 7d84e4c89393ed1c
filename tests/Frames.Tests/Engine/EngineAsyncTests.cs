using Sluice.Frames;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests.Engine;

/// <summary>An async method that started on an engine continues on it, whatever it awaits and however that ends.</summary>
public sealed class EngineAsyncTests
{
    [Fact]
    public void After_a_delay_by_the_clock() => ContinuesOnTheEngine(async _ => await Task.Delay(1));

    [Fact]
    public void After_a_task_of_another_thread() => ContinuesOnTheEngine(async _ => Assert.Equal(7, await Task.Run(() => 7)));

    [Fact]
    public void After_a_task_that_is_complete_already_it_does_not_even_leave_the_turn()
    {
        using var test = new TestEngine();
        bool isDone = false;
        test.Engine.Post(async () =>
        {
            await Task.CompletedTask;
            Assert.Equal(7, await new ValueTask<int>(7));
            await test.Engine.Scheduler;
            isDone = true;
        });
        test.Turn();
        Assert.True(isDone);
    }

    [Fact]
    public void After_a_value_task_with_a_source_of_its_own() => ContinuesOnTheEngine(async _ =>
    {
        var channel = System.Threading.Channels.Channel.CreateUnbounded<int>();
        ThreadPool.QueueUserWorkItem(_ => channel.Writer.TryWrite(7));
        Assert.Equal(7, await channel.Reader.ReadAsync());
    });

    [Fact]
    public void After_a_yield() => ContinuesOnTheEngine(async _ => await Task.Yield());

    [Fact]
    public void After_a_completion_that_another_thread_sets_inline() => ContinuesOnTheEngine(async _ =>
    {
        var completion = new TaskCompletionSource(); // Without RunContinuationsAsynchronously: the setter must not run our code.
        ThreadPool.QueueUserWorkItem(_ => completion.SetResult());
        await completion.Task;
    });

    [Fact]
    public void After_several_tasks_at_once() => ContinuesOnTheEngine(async _ =>
        await Task.WhenAll(Task.Delay(1), Task.Run(() => { }), Task.CompletedTask));

    [Fact]
    public void After_an_exception() => ContinuesOnTheEngine(async engine =>
    {
        await Assert.ThrowsAsync<IOException>(() => Task.Run(() => throw new IOException("elsewhere")));
        Assert.True(engine.IsCurrent);
        try
        {
            await FailAsync();
        }
        catch (IOException)
        {
            Assert.True(engine.IsCurrent);
        }
    });

    [Fact]
    public void After_a_cancellation_from_another_thread() => ContinuesOnTheEngine(async engine =>
    {
        using var stop = new CancellationTokenSource();
        ThreadPool.QueueUserWorkItem(_ => stop.Cancel());
        try
        {
            await Task.Delay(Timeout.Infinite, stop.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.True(engine.IsCurrent);
        }
    });

    [Fact]
    public void After_the_end_of_an_async_stream_and_a_disposal() => ContinuesOnTheEngine(async engine =>
    {
        int sum = 0;
        await using (new AsyncThing(engine))
        {
            await foreach (int number in NumbersAsync())
            {
                Assert.True(engine.IsCurrent);
                sum += number;
            }
        }

        Assert.Equal(6, sum);
    });

    [Fact]
    public void In_the_methods_it_calls_and_in_those_that_call_it() => ContinuesOnTheEngine(async engine =>
    {
        async Task<int> InnerAsync()
        {
            await Task.Delay(1);
            Assert.True(engine.IsCurrent);
            return 7;
        }

        Assert.Equal(7, await InnerAsync());
    });

    [Fact]
    public async Task From_a_thread_of_another_world_by_awaiting_the_scheduler()
    {
        using var test = new TestEngine();
        Task<bool> task = Task.Run(async () =>
        {
            await test.Engine.Scheduler;
            await Task.Delay(1);
            return test.Engine.IsCurrent;
        });
        test.TurnUntil(() => task.IsCompleted);
        Assert.True(await task);
    }

    [Fact]
    public async Task Between_two_engines_each_part_runs_where_it_was_sent()
    {
        using var first = new TestEngine("first");
        using var second = new TestEngine("second");
        Task<string>? task = null;
        async Task<string> VisitAsync()
        {
            await Task.Yield();
            string trail = Where(first, second);
            await second.Engine.Scheduler;
            trail += Where(first, second);
            await Task.Delay(1);
            trail += Where(first, second);
            await first.Engine.Scheduler;
            return trail + Where(first, second);
        }

        first.Engine.Post(() => task = VisitAsync());
        first.TurnUntil(() =>
        {
            second.Turn();
            return task is { IsCompleted: true };
        });
        Assert.Equal("1221", await task!);
    }

    [Fact]
    public void An_async_void_method_that_throws_is_a_fault_of_the_engine_and_not_the_end_of_the_process()
    {
        using var test = new TestEngine { IsLenient = true };
        test.Engine.Post(async () =>
        {
            await Task.Delay(1);
            throw new InvalidOperationException("ours");
        });
        test.TurnUntil(() => test.Faults.Count > 0);
        Assert.IsType<InvalidOperationException>(test.Faults[0]);
    }

    [Fact]
    public async Task After_the_engine_has_stopped_it_still_comes_to_its_end_one_piece_at_a_time()
    {
        var engine = new FrameEngine(0, "test", new LocalDoorbell());
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int inside = 0;
        int most = 0;
        async Task<bool> PieceAsync()
        {
            await engine.Scheduler;
            for (int i = 0; i < 20; i++)
            {
                await (i == 0 ? release.Task : Task.Run(() => { }));
                most = Math.Max(most, Interlocked.Increment(ref inside));
                Thread.SpinWait(2000);
                Interlocked.Decrement(ref inside);
            }

            return engine.IsCurrent;
        }

        Task<bool>[] pieces;
        using (new EngineThread(engine))
        {
            pieces = [.. Enumerable.Range(0, 8).Select(_ => PieceAsync())];
            engine.Post(started.SetResult);
            await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        }

        release.SetResult();
        Assert.All(await Task.WhenAll(pieces).WaitAsync(TimeSpan.FromSeconds(30)), Assert.True);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task What_was_posted_before_the_stop_runs_before_the_stop_is_over()
    {
        var engine = new FrameEngine(0, "test", new LocalDoorbell());
        int ran = 0;
        for (int i = 0; i < 5000; i++)
        {
            engine.Post(() => ran++);
        }

        engine.Dispose();
        Assert.Equal(5000, ran);
        var late = new TaskCompletionSource<bool>();
        engine.Post(() => late.SetResult(engine.IsCurrent));
        Assert.True(await late.Task.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_stream_opened_after_the_stop_is_reset_like_one_over_a_lost_link()
    {
        var engine = new FrameEngine(0, "test", new LocalDoorbell());
        engine.Dispose();
        var client = new ScriptedStream();
        var told = new TaskCompletionSource();
        engine.Post(() =>
        {
            engine.Open(client, 1, 2);
            engine.Post(told.SetResult);
        });
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("CLOSED", client.Log);
        Assert.Equal(0, engine.StreamCount);
    }

    private static string Where(TestEngine first, TestEngine second) => first.Engine.IsCurrent ? "1" : second.Engine.IsCurrent ? "2" : "?";

    private static void ContinuesOnTheEngine(Func<FrameEngine, Task> conversation)
    {
        using var test = new TestEngine();
        Task<(bool IsCurrent, int Thread)>? task = null;
        async Task<(bool, int)> RunAsync()
        {
            await conversation(test.Engine);
            return (test.Engine.IsCurrent, Environment.CurrentManagedThreadId);
        }

        test.Engine.Post(() => task = RunAsync());
        test.TurnUntil(() => task is { IsCompleted: true });
        Assert.Equal((true, Environment.CurrentManagedThreadId), task!.GetAwaiter().GetResult());
    }

    private static async Task FailAsync()
    {
        await Task.Delay(1);
        throw new IOException("here");
    }

    private static async IAsyncEnumerable<int> NumbersAsync()
    {
        for (int i = 1; i <= 3; i++)
        {
            await Task.Delay(1);
            yield return i;
        }
    }

    private sealed class AsyncThing(FrameEngine engine) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Task.Delay(1);
            Assert.True(engine.IsCurrent);
        }
    }
}
