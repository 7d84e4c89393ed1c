using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Sluice.Frames.Tracing;

namespace Sluice.Frames;

/// <summary>Work that other threads hand to an engine: many producers, one consumer, no lock, and no allocation while the engine keeps up.</summary>
/// <remarks>
/// <para>Each post draws a number; posts run in the order of their numbers. A post finds its place in a ring of 1,024, one turn's worth. When
/// the engine is further behind than that, posts wait in <see cref="PostOverflow"/> with their numbers, so that the order stays.</para>
/// <para>There are two kinds of work. A <b>continuation</b> (of an await, of a socket, of Kafka's acknowledgement) holds something that
/// only it can end: dropping one would hang a stream for ever, and a producer that waited instead would block a thread on an engine. It is
/// never refused; beyond <see cref="PostsMax"/> it is counted, and the engine's observer is told once. <b>New</b> work may be refused:
/// <see cref="TryEnqueue"/> says no at the limit, exactly.</para>
/// <para>After the engine's stop what is posted still runs, one at a time, on the thread pool: so async methods reach their end.</para>
/// </remarks>
internal sealed class PostQueue : IThreadPoolWorkItem
{
    /// <summary>
    /// Posts that wait before new work is refused: 64 turns' worth. An engine that is so far behind answers nobody in time, and what waits
    /// holds about 3 MB besides what it refers to.
    /// </summary>
    public const int PostsMax = 65_536;

    private const int RingSize = 1024; // What a turn runs at most (FrameEngine.PostsPerTurnMax).
    private const int RingMask = RingSize - 1;
    private const int Parked = 1;
    private const int Closed = 2;

    private readonly FrameEngine _engine;
    private readonly Doorbell _doorbell;
    private readonly Slot[] _ring = new Slot[RingSize];
    private readonly PostOverflow _overflow = new();
    private Cursors _cursors;
    private int _mode;
    private int _isRunning;
    private long _refused;
    private bool _isBehind;

    public PostQueue(FrameEngine engine, Doorbell doorbell)
    {
        _engine = engine;
        _doorbell = doorbell;
        for (int i = 0; i < RingSize; i++)
        {
            _ring[i].Number = i;
        }
    }

    /// <summary>Posts that wait, those included whose producer is about to finish.</summary>
    public long Depth => Volatile.Read(ref _cursors.Tail) - Volatile.Read(ref _cursors.Head);

    /// <summary>False when there is something to run now.</summary>
    public bool IsEmpty =>
        Volatile.Read(ref _ring[_cursors.Head & RingMask].Number) != _cursors.Head + 1 && !_overflow.MayHave(_cursors.Head);

    /// <summary>Takes a continuation, whatever the depth. Any thread.</summary>
    public void Enqueue(SendOrPostCallback callback, object? state) => Put(Interlocked.Increment(ref _cursors.Tail) - 1, callback, state);

    /// <summary>Takes new work unless <see cref="PostsMax"/> posts wait. Any thread.</summary>
    public bool TryEnqueue(SendOrPostCallback callback, object? state)
    {
        long tail = Volatile.Read(ref _cursors.Tail);
        while (true)
        {
            if (tail - Volatile.Read(ref _cursors.Head) >= PostsMax)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }

            long found = Interlocked.CompareExchange(ref _cursors.Tail, tail + 1, tail);
            if (found == tail)
            {
                Put(tail, callback, state);
                return true;
            }

            tail = found;
        }
    }

    /// <summary>Runs what waits, in order. What is posted from here on waits for the next turn: so a long job can step aside.</summary>
    public int Drain(int max)
    {
        long depth = Depth;
        if (depth == 0)
        {
            return 0;
        }

        Watch(depth);
        max = (int)Math.Min(max, depth);
        int count = 0;
        while (count < max && TryTake(out SendOrPostCallback? callback, out object? state))
        {
            count++;
            Run(callback, state);
        }

        _engine.Counters[EngineCounter.Posts] += count;
        return count;
    }

    /// <summary>From here on a producer rings.</summary>
    public void Park()
    {
        Volatile.Write(ref _mode, Parked);
        Interlocked.MemoryBarrier(); // Pairs with Put: either we see the item, or its producer sees that we sleep.
    }

    public void Unpark() => Volatile.Write(ref _mode, 0);

    /// <summary>The engine has stopped: runs what waits, and from here on what comes runs on the thread pool.</summary>
    public void Close()
    {
        Volatile.Write(ref _isRunning, 1);
        Volatile.Write(ref _mode, Closed);
        Interlocked.MemoryBarrier();
        Execute();
    }

    /// <summary>Runs posts of a stopped engine; <see cref="_isRunning"/> keeps it to one thread at a time.</summary>
    public void Execute()
    {
        FrameEngine? outer = EngineScheduler.Enter(_engine);
        try
        {
            // Bounded: two that post each other for ever may have a thread of the pool, but not the one that stops the engine.
            for (int i = 0; i < PostsMax && TryTake(out SendOrPostCallback? callback, out object? state); i++)
            {
                Run(callback, state);
            }
        }
        finally
        {
            EngineScheduler.Leave(outer);
        }

        Volatile.Write(ref _isRunning, 0);
        Interlocked.MemoryBarrier();
        if (!IsEmpty)
        {
            RunClosed();
        }
    }

    private void Put(long number, SendOrPostCallback callback, object? state)
    {
        ref Slot slot = ref _ring[number & RingMask];
        if (Volatile.Read(ref slot.Number) == number)
        {
            slot.Callback = callback;
            slot.State = state;
            Volatile.Write(ref slot.Number, number + 1);
        }
        else
        {
            _overflow.Push(number, callback, state); // The post a ring's length before this one has not run yet.
        }

        Interlocked.MemoryBarrier(); // Pairs with Park and Close.
        int mode = Volatile.Read(ref _mode);
        if (mode == Parked)
        {
            Wake();
        }
        else if (mode == Closed)
        {
            RunClosed();
        }
    }

    private bool TryTake([NotNullWhen(true)] out SendOrPostCallback? callback, out object? state)
    {
        long head = _cursors.Head;
        ref Slot slot = ref _ring[head & RingMask];
        if (Volatile.Read(ref slot.Number) == head + 1)
        {
            callback = slot.Callback!;
            state = slot.State;
            slot.Callback = null;
            slot.State = null;
        }
        else if (!_overflow.TryTake(head, out callback, out state))
        {
            return false; // Nothing, or its producer has drawn the number and is still on its way: it will ring.
        }

        Volatile.Write(ref slot.Number, head + RingSize);
        Volatile.Write(ref _cursors.Head, head + 1);
        return true;
    }

    private void Run(SendOrPostCallback callback, object? state)
    {
        _engine.Running = callback;
        _engine.RunningState = state;
        try
        {
            callback(state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _engine.OnBindingFault(0, exception);
        }
    }

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _mode, 0, Parked) == Parked)
        {
            try
            {
                _doorbell.Ring();
            }
            catch (ObjectDisposedException)
            {
                // It woke by itself and has stopped meanwhile; what it closes with sees this post.
            }
        }
    }

    private void RunClosed()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    // Engine thread, once a turn that has posts.
    private void Watch(long depth)
    {
        EngineCounters counters = _engine.Counters;
        counters[EngineCounter.PostsRefused] = Volatile.Read(ref _refused);
        if (depth > counters[EngineCounter.PostDepthMax])
        {
            counters[EngineCounter.PostDepthMax] = depth;
        }

        if (depth >= PostsMax && !_isBehind)
        {
            _isBehind = true;
            counters[EngineCounter.PostOverruns]++;
            _engine.Observer.OnBehind(_engine, depth, PostsMax);
        }
        else if (depth < PostsMax / 2)
        {
            _isBehind = false;
        }
    }

    // The number of the post that may be put here; one more once it is here.
    private struct Slot
    {
        public long Number;
        public SendOrPostCallback? Callback;
        public object? State;
    }

    // Producers and consumer write to cache lines of their own.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Cursors
    {
        [FieldOffset(64)]
        public long Tail;

        [FieldOffset(192)]
        public long Head;
    }
}
