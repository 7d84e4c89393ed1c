using System.Diagnostics.CodeAnalysis;
using Sluice.Frames.Memory;
using Sluice.Frames.Sockets;

namespace Sluice.Frames;

/// <summary>One core's loop: it owns its streams, bindings, links and timers, and nothing on it locks, blocks or waits for another thread.</summary>
/// <remarks>
/// A turn drains posted work (bounded), dispatches frames of every link end (bounded), fires timers, then flushes what was sent and
/// rings doorbells once. <see cref="EngineThread"/> turns it on a thread; tests turn it by hand on virtual time.
/// Only <see cref="Post(SendOrPostCallback, object?)"/> and its kin may be called from other threads.
/// </remarks>
public sealed unsafe partial class FrameEngine : IDisposable
{
    private const int PostsPerTurnMax = 1024;   // Fairness: frames and timers get their turn however much is posted.
    private const int FramesPerTurnMax = 512;   // per link end
    internal const int LocalRingBytes = 4 * 1024 * 1024;
    private const long BlockedNs = 1_000_000;
    private const long FarOffNs = 1_000_000_000; // No turn is that long.
    private const int BusyWork = 64;          // a turn that did more than this has plenty to do without new input
    private const int TurnsPerPollBusy = 4;

    private readonly PostQueue _posts;
    private readonly TimerWheel _timers = new();
    private readonly Dictionary<long, IBinding> _bindings = [];
    private readonly List<LinkEnd> _ends = [];
    private readonly Dictionary<long, string> _rooms = [];
    private readonly NativeMemoryBlock _localMemory;
    private readonly LinkEnd _local;
    private readonly Doorbell _doorbell;
    private int _lastWork;
    private bool _isDisposed;

    /// <summary>Makes an engine; it does nothing until it is turned.</summary>
    /// <param name="index">Its number in the process, from 0.</param>
    /// <param name="room">The room this process plays, for instance <c>edge</c>.</param>
    /// <param name="doorbell">Wakes the engine while it is parked; owned by the engine from here on.</param>
    /// <param name="observer">Hears of faults and links; called on the engine's thread.</param>
    /// <param name="counters">Where it counts; plain memory when null.</param>
    /// <param name="memory">The budget of the process; half of what it may use when null.</param>
    public FrameEngine(
        int index, string room, Doorbell doorbell, EngineObserver? observer = null, EngineCounters? counters = null, MemoryBudget? memory = null)
    {
        Counters = counters ?? new EngineCounters();
        Memory = new EngineMemory(memory ?? new MemoryBudget(MemoryBudget.Parse(null, 1)), Counters);
        Memory.Take(MemoryUser.Rings, LocalRingBytes);
        Index = index;
        Room = room;
        Observer = observer ?? new EngineObserver();
        _doorbell = doorbell;
        _posts = new PostQueue(this, doorbell);
        _localMemory = new NativeMemoryBlock(FrameRing.SizeOf(LocalRingBytes));
        FrameRing ring = FrameRing.Create(_localMemory.Pointer, LocalRingBytes);
        Sources = new SourceTable(_ends);
        _local = new LinkEnd(this, room, ring, ring, ringPeer: null);
        _ends.Add(_local);
        Scheduler = new EngineScheduler(this);
        Budgets = new BudgetTable(this);
        Poller = EnginePoller.TryCreate(doorbell);
    }

    /// <summary>Its number in the process, from 0.</summary>
    public int Index { get; }

    /// <summary>The room this process plays.</summary>
    public string Room { get; }

    /// <summary>Time at the start of this turn, in monotonic nanoseconds: one clock read per turn.</summary>
    public long NowNs { get; private set; }

    /// <summary>What frames sent now are stamped with: this turn's time, but later than every frame the turn has heard, so that a trace shows an
    /// answer after its question though the other engine's turn began later.</summary>
    internal long StampNs { get; private set; }

    /// <summary>What happened so far.</summary>
    public EngineCounters Counters { get; }

    /// <summary>Runs async methods and continuations on this engine.</summary>
    public EngineScheduler Scheduler { get; }

    /// <summary>This engine's part in the memory budget of the process.</summary>
    public EngineMemory Memory { get; }

    /// <summary>Pinned memory for payload that must be kept beyond its frame.</summary>
    public SlotPool Slots { get; } = new();

    /// <summary>Credit that streams of this engine share.</summary>
    public BudgetTable Budgets { get; }

    /// <summary>Files that streams of this engine refer to.</summary>
    internal SourceTable Sources { get; }

    /// <summary>Hears of faults and links.</summary>
    public EngineObserver Observer { get; }

    /// <summary>Watches sockets of this engine; null where there is no epoll, or the engine has no bell with a descriptor.</summary>
    public EnginePoller? Poller { get; }

    /// <summary>Streams that live on this engine now; a conversation between two of its bindings counts at both ends.</summary>
    /// <remarks>From the counters, so that any thread may ask.</remarks>
    public int StreamCount => (int)(Counters.StreamsOpened + Counters.StreamsAccepted - Counters.StreamsClosed);

    /// <summary>True on the engine's own thread (during a turn).</summary>
    public bool IsCurrent => EngineScheduler.CurrentEngine == this;

    /// <summary>What runs now, for the watchdog: a stream's handler, a binding, a socket's handler, or a callback. A plain store for each call.</summary>
    internal object? Running { get; set; }

    /// <summary>What a post carries while it runs: for the continuation of an await, the method that goes on.</summary>
    internal object? RunningState { get; set; }

    // ---- bindings ----

    /// <summary>Puts a binding to work: streams opened to this id are offered to it.</summary>
    public void Attach(long bindingId, IBinding binding) => _bindings[bindingId] = binding;

    /// <summary>Takes a binding off; its live streams go on until they end.</summary>
    public void Detach(long bindingId) => _bindings.Remove(bindingId);

    /// <summary>Takes a binding off and ends its live streams: whoever reads from it hears ABORT, whoever writes to it RESET (config-core §2.5 rule 5).</summary>
    public void Detach(long bindingId, CloseReason reason)
    {
        _bindings.Remove(bindingId);
        _ends.ForEach(end => end.EndStreamsOf(bindingId, reason));
    }

    /// <summary>Says in which room a binding of the configuration runs, so that streams to it find the right link.</summary>
    public void Place(long bindingId, string room) => _rooms[bindingId] = room;

    /// <summary>Opens a conversation: the handler's port is set, BEGIN is sent.</summary>
    /// <param name="handler">Handles what comes back.</param>
    /// <param name="originId">The binding that opens.</param>
    /// <param name="routedId">The binding to open to (a route's exit). When nothing runs it, RESET comes back in a later turn.</param>
    /// <param name="extension">The protocol's metadata.</param>
    /// <param name="authorization">Guard session, 0 for none.</param>
    /// <param name="traceId">Joins frames of one network event.</param>
    /// <param name="affinity">Streams with the same wish share one engine over there; 0 for none.</param>
    /// <param name="peer">The instance to open it at (<see cref="HomeOf"/>, <see cref="StreamPort.Peer"/>), which may be gone; 0 for any.</param>
    public StreamPort Open(
        StreamHandler handler, long originId, long routedId, ReadOnlySpan<byte> extension = default, long authorization = 0, long traceId = 0, long affinity = 0,
        long peer = 0)
    {
        StreamPort port = FindEnd(routedId, affinity, peer).Open(handler, originId, routedId, affinity);
        port.Authorization = authorization;
        port.TraceId = traceId;
        port.SendBegin(extension);
        if (_isDisposed)
        {
            // Nobody turns this engine any more: an async method that outlived it hears so as it would of a lost link.
            Post(static state => ((StreamPort)state!).LoseLink(CloseReason.Shutdown), port);
        }

        return port;
    }

    /// <summary>True when a stream to the binding can be opened now: it runs here, or a live link leads to its room.</summary>
    public bool CanReach(long bindingId) =>
        _bindings.ContainsKey(bindingId) || (_rooms.TryGetValue(bindingId, out string? room) && _ends.Exists(end => end != _local && end.Room == room));

    /// <summary>True while at least one link to the room is up.</summary>
    public bool HasLinkTo(string room) => _ends.Exists(end => end != _local && end.Room == room);

    /// <summary>A frame of another engine is about to be handled.</summary>
    internal void Hear(long stampNs)
    {
        // A stamp that is far off is another host's clock, or a lie.
        if (stampNs >= StampNs && stampNs - NowNs < FarOffNs)
        {
            StampNs = stampNs + 1;
        }
    }

    // ---- work from outside, and timers ----

    /// <summary>Runs a callback on the engine, in order of posting. Any thread. Never refused: what only this callback can end must not be lost.</summary>
    public void Post(SendOrPostCallback callback, object? state = null) => _posts.Enqueue(callback, state);

    /// <summary>Runs an action on the engine, in order of posting. Any thread.</summary>
    public void Post(Action action) => _posts.Enqueue(static state => ((Action)state!)(), action);

    /// <summary>Runs new work on the engine, in order of posting, unless 65,536 posts wait already. Any thread.</summary>
    /// <returns>False when the engine is that far behind: refuse what is new, in the words of its protocol.</returns>
    public bool TryPost(SendOrPostCallback callback, object? state = null) => _posts.TryEnqueue(callback, state);

    /// <summary>Calls back on this engine after a delay. Engine thread.</summary>
    /// <param name="delayMs">From 0: still in this turn when called from a frame, a socket or a post, in the next when called from a timer.
    /// Never early, late by a turn at most.</param>
    /// <param name="callback">What to do.</param>
    /// <param name="state">Passed on.</param>
    /// <returns>Dispose it to call it off.</returns>
    public EngineTimer Schedule(long delayMs, Action<object?> callback, object? state = null)
    {
        var timer = new EngineTimer(_timers, callback, state, isReusable: false);
        timer.Start(delayMs);
        return timer;
    }

    /// <summary>Makes a timer that can be started, moved and stopped again and again without allocating. Engine thread.</summary>
    /// <param name="callback">What to do each time it fires.</param>
    /// <param name="state">Passed on.</param>
    public EngineTimer NewTimer(Action<object?> callback, object? state = null) => new(_timers, callback, state, isReusable: true);

    // ---- the turn ----

    /// <summary>Sets the time before the first turn, so that timers which are started until then count from it.</summary>
    internal void SetNow(long nowNs)
    {
        NowNs = nowNs;
        StampNs = nowNs;
        _timers.SetNow(nowNs);
    }

    /// <summary>Does one round of work.</summary>
    /// <param name="nowNs">Monotonic time, in nanoseconds.</param>
    /// <returns>How much was done; 0 means there is nothing to do now.</returns>
    public int Turn(long nowNs)
    {
        SetNow(nowNs);
        FrameEngine? outer = EngineScheduler.Enter(this);
        try
        {
            int work = _posts.Drain(PostsPerTurnMax);
            work += PollSockets();
            for (int i = 0; i < _ends.Count; i++)
            {
                work += _ends[i].Poll(FramesPerTurnMax);
            }

            work += _timers.Fire(this);
            work += Budgets.Notify();
            for (int i = 0; i < _ends.Count; i++)
            {
                work += _ends[i].Flush();
            }

            work += DropCorruptEnds();
            Running = null;
            RunningState = null;
            Counters.Turns++;
            _lastWork = work;
            return work;
        }
        finally
        {
            EngineScheduler.Leave(outer);
        }
    }

    /// <summary>Sleeps until something is posted, a frame arrives, a timer is due, or the time is up. Owner thread.</summary>
    /// <param name="timeoutMsMax">Longest sleep, in milliseconds.</param>
    public void Park(int timeoutMsMax)
    {
        _posts.Park();
        bool hasWork = !_posts.IsEmpty;
        bool isBlocked = false;
        foreach (LinkEnd end in _ends)
        {
            if (end != _local)
            {
                end.Park();
            }

            hasWork |= end.HasInput;
            isBlocked |= end.IsBlocked;
        }

        if (!hasWork)
        {
            // When another engine's ring is full, that engine needs the core more than we do; nobody rings when there is room again.
            long dueNs = isBlocked ? NowNs + BlockedNs : _timers.NextDueNs;
            int timeoutMs = dueNs == long.MaxValue ? timeoutMsMax : (int)Math.Clamp((dueNs - NowNs + 999_999) / 1_000_000, 0, timeoutMsMax);
            Counters.Parks++;
            Sleep(timeoutMs);
        }

        _posts.Unpark();
        foreach (LinkEnd end in _ends)
        {
            end.Unpark();
        }
    }

    // ---- links ----

    /// <summary>Adds a way to another engine. Engine thread.</summary>
    /// <param name="end">The way.</param>
    /// <param name="close">Closes its link, when bytes in the ring make no sense.</param>
    internal void AddEnd(LinkEnd end, Action close)
    {
        end.CloseLink = close;
        _ends.Add(end);
        LinksChanged?.Invoke();
        Memory.Take(MemoryUser.Rings, end.RingBytes);
    }

    /// <summary>Removes a way whose peer is gone; its streams end. Engine thread.</summary>
    internal void LoseEnd(LinkEnd end, CloseReason reason)
    {
        if (_ends.Remove(end))
        {
            end.Lose(reason);
            LinksChanged?.Invoke();
            Memory.Give(MemoryUser.Rings, end.RingBytes);
        }
    }

    /// <summary>Wakes the engine if it is parked. Any thread.</summary>
    internal void Wake() => _doorbell.Ring();

    internal bool TryFindBinding(long bindingId, [NotNullWhen(true)] out IBinding? binding) => _bindings.TryGetValue(bindingId, out binding);

    /// <summary>A handler threw: that is our fault, and it costs its stream, not the engine.</summary>
    internal void OnHandlerFault(StreamPort port, Exception exception)
    {
        Counters.Faults++;
        Observer.OnFault(this, port.RoutedId, exception);
        port.Close(CloseReason.Failed);
    }

    internal void OnBindingFault(long bindingId, Exception exception)
    {
        Counters.Faults++;
        Observer.OnFault(this, bindingId, exception);
    }

    // A look costs a system call, so a busy engine looks at its sockets every few turns, and an idle one each time.
    private int PollSockets()
    {
        if (Poller is not { } poller || (poller.Count == 0 && !poller.HasNews))
        {
            return 0;
        }

        if (!poller.HasNews && (_lastWork <= BusyWork || Counters.Turns % TurnsPerPollBusy == 0))
        {
            poller.Wait(0);
        }

        return poller.Tell(this);
    }

    // What is ready is told in the next turn, with that turn's time.
    private void Sleep(int timeoutMs)
    {
        if (Poller is null)
        {
            _doorbell.Wait(timeoutMs);
        }
        else
        {
            Poller.Wait(timeoutMs);
        }
    }

    // What handlers then send, and who waits for credit that comes back, has its turn next: so it counts as work.
    private int DropCorruptEnds()
    {
        int dropped = 0;
        for (int i = _ends.Count - 1; i > 0; i--)
        {
            if (_ends[i].IsCorrupt)
            {
                LinkEnd end = _ends[i];
                LoseEnd(end, CloseReason.ProtocolViolation);
                end.CloseLink?.Invoke();
                dropped++;
            }
        }

        return dropped;
    }

    /// <summary>Ends all streams, runs what is posted, and frees the engine's memory. Not during a turn. Later posts run on the thread pool, one at a time.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        FrameEngine? outer = EngineScheduler.Enter(this);
        try
        {
            foreach (LinkEnd end in _ends.ToArray())
            {
                end.Lose(CloseReason.Shutdown);
            }
        }
        finally
        {
            EngineScheduler.Leave(outer);
        }

        Sources.Close();
        CloseMemory();
        _ends.Clear();
        _posts.Close();
        _timers.Clear();
        _localMemory.Dispose();
        Poller?.Dispose();
        _doorbell.Dispose();
    }
}
