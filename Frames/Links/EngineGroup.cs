using Sluice.Frames.Links;
using Sluice.Frames.Memory;
using Sluice.Frames.Tracing;

namespace Sluice.Frames;

/// <summary>What an <see cref="EngineGroup"/> needs to know.</summary>
public sealed class EngineGroupOptions
{
    /// <summary>The room this process plays, for instance <c>edge</c>.</summary>
    public required string Room { get; init; }

    /// <summary>Its number among the instances of that room, from 0; null takes the first that no process in the run directory has.</summary>
    public int? Instance { get; init; } = 0;

    /// <summary>Engines, and so threads: from 1 to 64; one per core by default.</summary>
    public int EngineCount { get; init; } = Environment.ProcessorCount;

    /// <summary>CPUs that engines are pinned to, in turn; empty for none. Linux; this process must be allowed to use them.</summary>
    public IReadOnlyList<int> Cpus { get; init; } = [];

    /// <summary>A turn that lasts longer is reported to the observer, in milliseconds; 0 for never.</summary>
    public int StallMs { get; init; } = EngineSettings.StallMsUsual;

    /// <summary>Where sockets and doorbells of the suite are; null for a process without links.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>Rooms this process opens streams to.</summary>
    public IReadOnlyList<string> ConnectTo { get; init; } = [];

    /// <summary>Size of each ring, in bytes: a power of two from 256 KiB. Each pair of engines has two.</summary>
    public int RingBytes { get; init; } = 1024 * 1024;

    /// <summary>Longest look for work before an engine parks, in microseconds, while looking pays; 0 parks at once. Null reads SLUICE_SPIN_US (50).</summary>
    public int? SpinUsMax { get; init; }

    /// <summary>Which links this process makes; null reads SLUICE_LINKS (<c>auto</c>, <c>shm</c> or <c>grpc</c>).</summary>
    public LinkChoice? Links { get; init; }

    /// <summary>Where peers' files are that DATA may refer to, at any depth; null reads SLUICE_CACHE_DIR. Empty: everything is copied to us.</summary>
    public string? SourceDirectory { get; init; }

    /// <summary>Memory that the process may hold for its streams, in bytes; null reads SLUICE_MEMORY_BUDGET_MB (half of what it may use).</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Hears of faults and links.</summary>
    public EngineObserver Observer { get; init; } = new();
}

/// <summary>All engines of a process with their threads, and the links of the process to other rooms on this host.</summary>
public sealed class EngineGroup : IAsyncDisposable
{
    private const int InstanceMax = 999; // Three digits, see PrepareRunDirectory.

    private readonly List<EngineThread> _threads = [];
    private readonly List<IAsyncDisposable> _links = [];
    private readonly Dictionary<string, int> _linkCounts = [];
    private FrameEngine[] _engines = [];
    private int _next;
    private int _isDisposed;

    private EngineGroup(EngineGroupOptions options, LinkChoice links)
    {
        Options = options;
        Links = links;
        Instance = options.Instance ?? 0;
        Maps = SourceMaps.Create(options.SourceDirectory ?? Environment.GetEnvironmentVariable(SourceMaps.Variable));
        Memory = new MemoryBudget(
            options.MemoryBytes ?? MemoryBudget.Parse(Environment.GetEnvironmentVariable(MemoryBudget.Variable), options.EngineCount),
            options.EngineCount,
            options.Observer.OnMemory);
    }

    /// <summary>What it was started with.</summary>
    public EngineGroupOptions Options { get; }

    /// <summary>Its number among the instances of its room.</summary>
    public int Instance { get; private set; }

    /// <summary>Which links it makes.</summary>
    public LinkChoice Links { get; }

    /// <summary>What the process may hold, and does.</summary>
    public MemoryBudget Memory { get; }

    /// <summary>Files of peers that are mapped here; null for none ever.</summary>
    internal SourceMaps? Maps { get; }

    /// <summary>The engines by index.</summary>
    public IReadOnlyList<FrameEngine> Engines => _engines;

    /// <summary>Stream ends alive in the process, a moment late.</summary>
    public int StreamCount => _engines.Sum(engine => engine.StreamCount);

    /// <summary>Starts the engines, listens in the run directory, and connects to the rooms asked for.</summary>
    /// <param name="options">See there.</param>
    /// <param name="configure">Attaches bindings to each engine, before its thread starts.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The run directory cannot be used; the message says why.</exception>
    /// <exception cref="PlatformNotSupportedException">Links need Linux or macOS.</exception>
    public static EngineGroup Start(EngineGroupOptions options, Action<FrameEngine> configure)
    {
        if (options.EngineCount is < 1 or > 64)
        {
            throw new ArgumentException($"EngineCount is {options.EngineCount}; it must be from 1 to 64 (stream ids name the engine in 6 bits)", nameof(options));
        }

        var group = new EngineGroup(options, options.Links ?? LinkChoices.Parse(Environment.GetEnvironmentVariable(LinkChoices.Variable)));
        try
        {
            group.Run(configure);
            return group;
        }
        catch
        {
            group.Abandon();
            throw;
        }
    }

    /// <summary>The next engine in turn, for connections that have no wish.</summary>
    public FrameEngine Next() => _engines[(uint)Interlocked.Increment(ref _next) % (uint)_engines.Length];

    /// <summary>True while a link to the room is up. Any thread.</summary>
    public bool HasLinkTo(string room) => LinkCount(room) > 0;

    /// <summary>How many links to instances of the room are up. Any thread.</summary>
    public int LinkCount(string room)
    {
        lock (_linkCounts)
        {
            return _linkCounts.GetValueOrDefault(room);
        }
    }

    /// <summary>Closes the links, ends all streams and stops the threads. Once; later calls do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        IAsyncDisposable[] links;
        lock (_links)
        {
            links = [.. _links];
            _links.Clear();
        }

        foreach (IAsyncDisposable link in links)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }

        StopThreads();
        _counters?.Remove();
    }

    /// <summary>Takes over something that keeps links to other processes: it is disposed of before the engines stop. Any thread.</summary>
    public void AddLink(IAsyncDisposable link)
    {
        lock (_links)
        {
            _links.Add(link);
        }
    }

    /// <summary>True when an instance of the room shares this run directory, and so this host.</summary>
    internal bool IsOnThisHost(string room) =>
        Options.RunDirectory is { } directory && Directory.Exists(directory) && Directory.EnumerateFiles(directory, $"{room}-*.sock").Any();

    internal void OnLinkUp(string room, int processId)
    {
        Count(room, 1);
        Options.Observer.OnLinkUp(room, processId);
    }

    /// <summary>A link is over.</summary>
    /// <param name="room">Where it led.</param>
    /// <param name="processId">The process there.</param>
    /// <param name="isOurs">We closed it ourselves: nothing to report.</param>
    internal void OnLinkDown(string room, int processId, bool isOurs)
    {
        Count(room, -1);
        if (!isOurs)
        {
            Options.Observer.OnLinkDown(room, processId);
        }
    }

    internal LinkHello Hello() => new()
    {
        Version = LinkHello.ProtocolVersion,
        Room = Options.Room,
        Instance = Instance,
        Host = Environment.MachineName,
        ProcessId = Environment.ProcessId,
        Engines = _engines.Length,
        Bells = [.. _bells],
    };

    internal async Task RunLinkAsync(SharedMemoryLink link, CancellationToken stop)
    {
        Task running = link.RunAsync(stop); // Its ends are posted to the engines: what is posted after the news finds them.
        OnLinkUp(link.Peer.Room, link.Peer.ProcessId);
        await running.ConfigureAwait(false);
        OnLinkDown(link.Peer.Room, link.Peer.ProcessId, isOurs: stop.IsCancellationRequested);
    }

    private string[] _bells = [];
    private LinkListener? _listener;
    private CounterFile? _counters;

    private void Run(Action<FrameEngine> configure)
    {
        bool hasLinks = Options.RunDirectory is not null;
        if (hasLinks)
        {
            PrepareRunDirectory();
            // First of all: whoever holds the socket is this instance, and may then replace what a dead one left behind.
            _listener = TakeInstance();
            RunFile.DeleteAll(Options.RunDirectory!, $"{Options.Room}-{Instance}.*.bell"); // It may have had more engines than we.
            _counters = CounterFile.Create(InRunDirectory(".counters"), Options.Room, Instance, Options.EngineCount);
        }

        _engines = new FrameEngine[Options.EngineCount];
        for (int i = 0; i < _engines.Length; i++)
        {
            Doorbell bell = hasLinks ? FifoDoorbell.Create(InRunDirectory($".{i}.bell")) : new LocalDoorbell();
            _engines[i] = new FrameEngine(i, Options.Room, bell, Options.Observer, _counters?.For(i), Memory);
            _engines[i].SetNow(EngineClock.NowNs);
            _bells = hasLinks ? [.. _bells, bell.Path!] : _bells;
            configure(_engines[i]);
        }

        int spinUs = Options.SpinUsMax ?? SpinPolicy.ReadUs(Environment.GetEnvironmentVariable(SpinPolicy.Variable));
        foreach (FrameEngine engine in _engines)
        {
            int cpu = Options.Cpus.Count > 0 ? Options.Cpus[engine.Index % Options.Cpus.Count] : -1;
            _threads.Add(new EngineThread(engine, cpu, Options.StallMs, spinUs));
        }

        if (_listener is not null)
        {
            _links.Add(_listener);
            _listener.Start();
            if (Links != LinkChoice.Grpc)
            {
                _links.AddRange(Options.ConnectTo.Distinct().Select(room => new LinkConnector(this, room)));
            }
        }
    }

    private void PrepareRunDirectory()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("links between processes need Linux or macOS; on Windows run the suite in WSL or a container");
        }

        // A socket's path is limited to 107 bytes by the kernel; the longest name we add is "protocol-workers-999.sock".
        string directory = Options.RunDirectory!;
        if (System.Text.Encoding.UTF8.GetByteCount(directory) > 80)
        {
            throw new IOException($"the run directory '{directory}' is longer than 80 bytes, too long for socket names; set SLUICE_RUN_DIR to a shorter one");
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RingFiles.SweepDead(directory);
    }

    // Whoever holds the directory's lock looks for a free number and takes it; the others wait for that moment.
    private LinkListener TakeInstance()
    {
        using var alone = DirectoryLock.Take(Options.RunDirectory!);
        Instance = Options.Instance ?? 0;
        while (Options.Instance is null && Instance < InstanceMax && LinkListener.IsTaken(InRunDirectory(".sock")))
        {
            Instance++;
        }

        return new LinkListener(this, InRunDirectory(".sock"));
    }

    private string InRunDirectory(string suffix) => Path.Combine(Options.RunDirectory!, $"{Options.Room}-{Instance}{suffix}");

    // The start failed midway: nothing of it may stay.
    private void Abandon()
    {
        StopThreads();
        foreach (FrameEngine? engine in _engines.Skip(_threads.Count))
        {
            engine?.Dispose();
        }

        _listener?.Abandon();
        _counters?.Remove();
    }

    private void StopThreads()
    {
        foreach (EngineThread thread in _threads)
        {
            thread.Dispose();
        }
    }

    private void Count(string room, int change)
    {
        lock (_linkCounts)
        {
            _linkCounts[room] = _linkCounts.GetValueOrDefault(room) + change;
        }
    }
}
