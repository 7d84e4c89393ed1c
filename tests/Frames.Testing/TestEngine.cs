using Sluice.Frames.Memory;

namespace Sluice.Frames.Testing;

/// <summary>An engine on virtual time, turned by hand: nothing happens unless the test says so.</summary>
/// <remarks>Disposing fails the test when a stream, credit, a slot, a budget or a descriptor is left (promise P9), or a handler threw.</remarks>
public sealed class TestEngine : IDisposable
{
    private readonly Observer _observer = new();
    private long _nowNs = 1_000_000;
    private bool _isDisposed;

    /// <summary>Makes the engine.</summary>
    /// <param name="room">The room it plays.</param>
    /// <param name="memoryBytes">Its memory budget; 0 for one that no test uses up.</param>
    /// <param name="index">Its number.</param>
    public TestEngine(string room = "test", long memoryBytes = 0, int index = 0) => Engine = new FrameEngine(
        index, room, new LocalDoorbell(), _observer, memory: new MemoryBudget(memoryBytes == 0 ? long.MaxValue : memoryBytes, 1, _observer.OnMemory));

    /// <summary>The engine under test.</summary>
    public FrameEngine Engine { get; }

    /// <summary>Faults of handlers so far; empty unless a test expects one.</summary>
    public IReadOnlyList<Exception> Faults => _observer.Faults;

    /// <summary>States that the memory budget came into, in order.</summary>
    public IReadOnlyList<MemoryState> MemoryStates => _observer.MemoryStates;

    /// <summary>When set, dispose does not complain about faults and about what is left.</summary>
    public bool IsLenient { get; set; }

    /// <summary>One turn at the present time. Returns the work done.</summary>
    public int Turn() => Engine.Turn(_nowNs);

    /// <summary>Turns until a turn does nothing.</summary>
    /// <param name="turnsMax">Fails beyond this many.</param>
    public void TurnUntilIdle(int turnsMax = 100_000)
    {
        for (int i = 0; i < turnsMax; i++)
        {
            if (Turn() == 0)
            {
                return;
            }
        }

        throw new InvalidOperationException($"the engine was still busy after {turnsMax} turns");
    }

    /// <summary>Turns engines that are joined by links until none of them does anything.</summary>
    public static void TurnAllUntilIdle(params TestEngine[] engines)
    {
        for (int rounds = 0, quiet = 0; quiet < 2; quiet++, rounds++)
        {
            foreach (TestEngine engine in engines)
            {
                if (engine.Turn() > 0)
                {
                    engine.TurnUntilIdle();
                    quiet = 0;
                }
            }

            if (rounds > 10_000)
            {
                throw new InvalidOperationException($"the engines were still busy after {rounds} rounds");
            }
        }
    }

    /// <summary>Lets virtual time pass and turns until idle.</summary>
    public void Advance(long ms)
    {
        _nowNs += ms * 1_000_000;
        TurnUntilIdle();
    }

    /// <summary>Turns until a condition holds, for work that comes back from other threads.</summary>
    /// <param name="condition">Looked at between turns.</param>
    /// <param name="deadlineMs">Real milliseconds until the test fails.</param>
    public void TurnUntil(Func<bool> condition, int deadlineMs = 10_000)
    {
        long deadline = Environment.TickCount64 + deadlineMs;
        while (!condition())
        {
            if (Turn() == 0)
            {
                if (Environment.TickCount64 > deadline)
                {
                    throw new TimeoutException($"the condition did not come true within {deadlineMs} ms");
                }

                Engine.Park(1);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!IsLenient)
        {
            TurnUntilIdle();
        }

        IReadOnlyList<string> open = Engine.FindLeaks();
        Engine.Dispose();
        if (!IsLenient && _observer.Faults.Count > 0)
        {
            throw new InvalidOperationException("a handler threw", _observer.Faults[0]);
        }

        if (!IsLenient)
        {
            Leaks.AssertNone("left open", open);
            Leaks.AssertNone("leaked", Engine.FindLeaks());
        }
    }

    private sealed class Observer : EngineObserver
    {
        public List<Exception> Faults { get; } = [];

        public List<MemoryState> MemoryStates { get; } = [];

        public override void OnMemory(MemoryBudget budget, MemoryState state) => MemoryStates.Add(state);

        public override void OnFault(FrameEngine engine, long bindingId, Exception exception) => Faults.Add(exception);
    }
}
