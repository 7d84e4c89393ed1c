using CsCheck;
using Sluice.Frames;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests.Engine;

/// <summary>The wheel must be a list sorted by due time to everyone who uses it.</summary>
public sealed class TimerWheelTests
{
    // Delays around every boundary of the wheel, in milliseconds: nothing, a tick, a turn of a wheel, days, for ever.
    private static readonly long[] Delays = [0, 1, 2, 3, 63, 64, 65, 66, 67, 68, 1000, 4294, 4295, 4296, 30_000, 274_877, 274_878, 86_400_000, long.MaxValue];

    private static readonly Gen<Step> Steps = Gen.OneOf(
        Gen.Select(Gen.Int[0, 39], Gen.OneOf(Gen.Int[0, Delays.Length - 1].Select(i => Delays[i]), Gen.Long[0, 5000]), (id, ms) => new Step(Kind.Start, id, ms)),
        Gen.Select(Gen.Int[0, 39], id => new Step(Kind.Stop, id, 0)),
        Gen.Select(Gen.OneOf(Gen.Long[0, 3_000_000], Gen.Long[0, 200_000_000], Gen.Long[0, 400_000_000_000], Gen.Const(0L)), ns => new Step(Kind.Turn, 0, ns)),
        Gen.Const(new Step(Kind.Sleep, 0, 0)));

    private enum Kind
    {
        Start,
        Stop,
        Turn,
        Sleep,
    }

    [Fact]
    public void It_does_what_a_sorted_list_does() => Steps.Array[1, 300].Sample(
        steps =>
        {
            var wheel = new OnWheel();
            var list = new OnList();
            long nowNs = 123_456_789;
            foreach (Step step in steps)
            {
                switch (step.Kind)
                {
                    case Kind.Start:
                        wheel.Start(step.Id, step.Amount);
                        list.Start(step.Id, step.Amount);
                        continue;
                    case Kind.Stop:
                        wheel.Stop(step.Id);
                        list.Stop(step.Id);
                        continue;
                    case Kind.Turn:
                        nowNs += step.Amount;
                        break;
                    case Kind.Sleep when list.NextDueNs < long.MaxValue:
                        nowNs = SleepUntilDue(wheel, list, nowNs);
                        break;
                    default:
                        continue;
                }

                Assert.Equal(list.Turn(nowNs), wheel.Turn(nowNs));
                Assert.True(wheel.NextDueNs <= list.NextDueNs, "an engine never sleeps longer than its soonest timer allows");
            }
        },
        iter: 3000);

    [Fact]
    public void Delays_that_cross_every_wheel_fire_to_the_nanosecond()
    {
        using var engine = new FrameEngine(0, "test", new LocalDoorbell());
        for (int shift = 0; shift < 42; shift++)
        {
            var wheel = new TimerWheel();
            wheel.SetNow(987_654_321);
            wheel.Fire(engine);
            bool hasFired = false;
            var timer = new EngineTimer(wheel, _ => hasFired = true, null, isReusable: false);
            timer.Start(1L << shift);
            wheel.SetNow(timer.DueNs - 1);
            wheel.Fire(engine);
            Assert.False(hasFired);
            wheel.SetNow(timer.DueNs);
            wheel.Fire(engine);
            Assert.True(hasFired);
            Assert.Equal(long.MaxValue, wheel.NextDueNs);
        }
    }

    [Fact]
    public void A_timer_without_delay_started_by_a_timer_fires_in_the_next_turn()
    {
        using var test = new TestEngine();
        int count = 0;
        void Again(object? _)
        {
            if (++count < 5)
            {
                test.Engine.Schedule(0, Again);
            }
        }

        test.Engine.Schedule(0, Again);
        for (int turn = 1; turn <= 5; turn++)
        {
            test.Turn();
            Assert.Equal(turn, count);
        }
    }

    [Fact]
    public void A_timer_without_delay_started_by_a_post_fires_at_the_end_of_that_turn()
    {
        using var test = new TestEngine();
        bool hasFired = false;
        test.Engine.Post(() => test.Engine.Schedule(0, _ => hasFired = true));
        test.Turn();
        Assert.True(hasFired);
    }

    [Fact]
    public void A_timer_that_another_one_calls_off_in_the_same_turn_does_not_fire()
    {
        using var test = new TestEngine();
        bool hasFired = false;
        EngineTimer? second = null;
        test.Engine.Schedule(5, _ => second!.Dispose());
        second = test.Engine.Schedule(5, _ => hasFired = true);
        test.Advance(5);
        Assert.False(hasFired);
        Assert.True(second.IsDone);
    }

    [Fact]
    public void A_reusable_timer_is_pushed_back_stopped_and_started_again_without_allocating()
    {
        using var test = new TestEngine();
        test.Turn();
        int count = 0;
        EngineTimer timer = test.Engine.NewTimer(_ => count++);
        timer.Start(100);
        test.Advance(99);
        timer.Start(100);
        test.Advance(99);
        Assert.Equal(0, count);
        test.Advance(1);
        Assert.Equal(1, count);
        timer.Start(10);
        timer.Stop();
        test.Advance(10);
        Assert.Equal(1, count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            timer.Start(i * 7);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        timer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => timer.Start(1));
    }

    [Fact]
    public void A_timer_that_was_called_off_is_held_by_nobody()
    {
        using var test = new TestEngine();
        (WeakReference timer, WeakReference state) = CallOff(test.Engine);
        for (int i = 0; i < 10 && (timer.IsAlive || state.IsAlive); i++)
        {
#pragma warning disable RS0030 // What is asked is what the collector can reach.
            GC.Collect();
#pragma warning restore RS0030
        }

        Assert.False(timer.IsAlive || state.IsAlive);
    }

    [Fact]
    public void A_callback_that_throws_costs_nobody_else_its_time()
    {
        using var test = new TestEngine { IsLenient = true };
        bool hasFired = false;
        test.Engine.Schedule(1, _ => throw new InvalidOperationException("ours"));
        test.Engine.Schedule(1, _ => hasFired = true);
        test.Advance(1);
        Assert.True(hasFired);
        Assert.Single(test.Faults);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (WeakReference Timer, WeakReference State) CallOff(FrameEngine engine)
    {
        object state = new();
        engine.Schedule(60_000, _ => { });
        EngineTimer timer = engine.Schedule(60_000, _ => { }, state);
        engine.Schedule(60_000, _ => { });
        timer.Dispose();
        return (new WeakReference(timer), new WeakReference(state));
    }

    // What a parked engine does: it sleeps until it is told to look, looks, and sleeps again. Looks in vain are few.
    private static long SleepUntilDue(OnWheel wheel, OnList list, long nowNs)
    {
        for (int looks = 0; ; looks++)
        {
            Assert.True(looks <= 10, "too many looks in vain");
            nowNs = Math.Max(nowNs, wheel.NextDueNs);
            if (nowNs >= list.NextDueNs)
            {
                return nowNs;
            }

            Assert.Empty(wheel.Turn(nowNs));
            Assert.Empty(list.Turn(nowNs));
        }
    }

    private sealed record Step(Kind Kind, int Id, long Amount);

    // Some timers do something when they fire: start one without delay, stop their neighbour, start themselves anew.
    private abstract class Timers
    {
        private readonly List<int> _fired = [];

        public abstract long NextDueNs { get; }

        public abstract void Start(int id, long delayMs);

        public abstract void Stop(int id);

        public List<int> Turn(long nowNs)
        {
            _fired.Clear();
            Fire(nowNs);
            return _fired;
        }

        protected abstract void Fire(long nowNs);

        protected void OnFired(int id)
        {
            _fired.Add(id);
            switch (id % 5)
            {
                case 1:
                    Start(id - 1, 0);
                    break;
                case 2:
                    Stop(id + 1);
                    break;
                case 3 when _fired.Count < 30:
                    Start(id, 64);
                    break;
            }
        }
    }

    private sealed class OnWheel : Timers
    {
        private static readonly FrameEngine Engine = new(0, "test", new LocalDoorbell());
        private readonly TimerWheel _wheel = new();
        private readonly EngineTimer[] _timers;

        public OnWheel() => _timers = [.. Enumerable.Range(0, 40).Select(id => new EngineTimer(_wheel, _ => OnFired(id), null, isReusable: true))];

        public override long NextDueNs => _wheel.NextDueNs;

        public override void Start(int id, long delayMs) => _timers[id].Start(delayMs);

        public override void Stop(int id) => _timers[id].Stop();

        protected override void Fire(long nowNs)
        {
            _wheel.SetNow(nowNs);
            _wheel.Fire(Engine);
        }
    }

    private sealed class OnList : Timers
    {
        private readonly List<(long DueNs, long Order, int Id)> _timers = [];
        private List<int> _firing = [];
        private long _nowNs;
        private long _order;

        public override long NextDueNs => _timers.Count == 0 ? long.MaxValue : _timers.Min().DueNs;

        public override void Start(int id, long delayMs)
        {
            Stop(id);
            _timers.Add((delayMs > (long.MaxValue - _nowNs) / 1_000_000 ? long.MaxValue : _nowNs + (delayMs * 1_000_000), _order++, id));
        }

        public override void Stop(int id)
        {
            _timers.RemoveAll(timer => timer.Id == id);
            _firing.Remove(id);
        }

        protected override void Fire(long nowNs)
        {
            _nowNs = nowNs;
            _firing = [.. _timers.Where(timer => timer.DueNs <= nowNs).Order().Select(timer => timer.Id)];
            _timers.RemoveAll(timer => timer.DueNs <= nowNs);
            while (_firing.Count > 0)
            {
                int id = _firing[0];
                _firing.RemoveAt(0);
                OnFired(id);
            }
        }
    }
}
