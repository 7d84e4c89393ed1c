using Sluice.Frames;
using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Simulation;

/// <summary>A process with one engine. After a crash another life of the same node follows, with nothing in common but its name.</summary>
internal sealed class SimNode : IDisposable
{
    public const long ServerId = 100;
    public const long ProxyId = 200;
    public const long ClientId = 1;

    private readonly Observer _observer;
    private readonly SimSource?[] _sources = new SimSource?[SimSource.Files];
    private readonly List<SimSource> _retired = [];

    public SimNode(SimWorld world, int number, int life)
    {
        World = world;
        Number = number;
        Life = life;
        _observer = new Observer();
        Engine = new FrameEngine(number, RoomOf(number), new SilentDoorbell(), _observer);
        Maps = world.Random.OneIn(5) ? null : new SourceMaps(SimSource.Directory) { IsInline = true };
        Engine.Attach(ServerId + number, new SimServer(this));
        Engine.Attach(ProxyId + number, new SimProxy(this));
        for (int other = 0; other < SimWorld.NodesMax; other++)
        {
            if (other != number)
            {
                Engine.Place(ServerId + other, RoomOf(other));
                Engine.Place(ProxyId + other, RoomOf(other));
            }
        }

        if (world.Random.OneIn(2))
        {
            BudgetBytes = world.Random.Between(3000, 60_000);
            Budget = Engine.Budgets.Acquire();
            Budget.Credit(BudgetBytes);
        }
    }

    public SimWorld World { get; }

    public int Number { get; }

    public int Life { get; }

    public string Room => RoomOf(Number);

    public FrameEngine Engine { get; }

    /// <summary>What it maps of others' files; null for a node that maps nothing.</summary>
    public SourceMaps? Maps { get; }

    /// <summary>Files that it has mapped, of its own and of others, though it should have none.</summary>
    public int MapsLeft => (Maps?.Count ?? 0) + _retired.Count(source => source.IsMapped) + Engine.Sources.Count;

    /// <summary>False from the instant of a crash: whatever its handlers are told then is not heard.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Shared by streams that end on this engine; null for none.</summary>
    public Budget? Budget { get; }

    public long BudgetBytes { get; }

    /// <summary>Calls of handlers until the process dies in the middle of one; negative for never.</summary>
    public int CallsUntilCrash { get; set; } = -1;

    public IReadOnlyList<Exception> Faults => _observer.Faults;

    public static string RoomOf(int number) => $"n{number}";

    public int Turn() => IsAlive ? Engine.Turn(World.NowNs) : 0;

    /// <summary>Each call of a handler passes here. Returns false when the process is dead.</summary>
    public bool Enter()
    {
        bool isPlanned = IsAlive && World.Harm is { } harm && harm.Calls[Number]++ == harm.Call && harm.Node == Number;
        if (isPlanned || (IsAlive && CallsUntilCrash >= 0 && CallsUntilCrash-- == 0))
        {
            Crash();
        }

        return IsAlive;
    }

    /// <summary>A file to refer to: now and then its owner lets go of it and takes it up again.</summary>
    public PayloadSource SourceOf(int file)
    {
        if (World.Random.OneIn(10))
        {
            Retire(file);
        }

        return (_sources[file] ??= new SimSource(file, hasName: !World.Random.OneIn(6))).Source;
    }

    /// <summary>Lets go of all files.</summary>
    public void RetireAll()
    {
        for (int file = 0; file < _sources.Length; file++)
        {
            Retire(file);
        }
    }

    public void Crash()
    {
        IsAlive = false;
        World.Crashed(this);
    }

    public void Dispose()
    {
        IsAlive = false;
        Engine.Dispose();
        RetireAll();
    }

    private void Retire(int file)
    {
        if (_sources[file] is { } source)
        {
            _retired.Add(source);
            _sources[file] = null;
            source.Source.Retire();
        }
    }

    private sealed class Observer : EngineObserver
    {
        public List<Exception> Faults { get; } = [];

        public override void OnFault(FrameEngine engine, long bindingId, Exception exception) => Faults.Add(exception);
    }

    /// <summary>Nobody parks in a simulation.</summary>
    private sealed class SilentDoorbell : Doorbell
    {
        public override void Ring()
        {
        }

        public override void Wait(int timeoutMs)
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
