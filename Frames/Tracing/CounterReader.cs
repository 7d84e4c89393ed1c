using System.IO.MemoryMappedFiles;
using System.Text;

namespace Sluice.Frames.Tracing;

/// <summary>Reads the counter file of a process that runs or has crashed. Never writes; any thread, one at a time.</summary>
public sealed class CounterReader : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private CounterReader(MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        _file = file;
        _view = view;
        ProcessId = view.ReadInt32(CounterLayout.ProcessOffset);
        Instance = view.ReadInt32(CounterLayout.InstanceOffset);
        EngineCount = view.ReadInt32(CounterLayout.EnginesOffset);
        StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(view.ReadInt64(CounterLayout.StartOffset));
        byte[] room = new byte[CounterLayout.RoomBytes];
        view.ReadArray(CounterLayout.RoomOffset, room, 0, room.Length);
        Room = Encoding.UTF8.GetString(room).TrimEnd('\0');
    }

    /// <summary>The room of the process.</summary>
    public string Room { get; }

    /// <summary>Its number among the instances of the room.</summary>
    public int Instance { get; }

    /// <summary>The process that writes, or wrote.</summary>
    public int ProcessId { get; }

    /// <summary>Engines of the process.</summary>
    public int EngineCount { get; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Opens a file.</summary>
    /// <returns>The reader, or null with the reason when this is no counter file of this version.</returns>
    public static CounterReader? TryOpen(string path, out string? problem)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long bytes = stream.Length;
            if (bytes < CounterLayout.FileBytes(1))
            {
                stream.Dispose();
                problem = $"{path} is too short for a counter file";
                return null;
            }

            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
            int engines = view.ReadInt32(CounterLayout.EnginesOffset);
            problem = view.ReadInt64(0) != CounterLayout.Magic || view.ReadInt32(CounterLayout.VersionOffset) != CounterLayout.Version
                ? $"{path} is no counter file of version {CounterLayout.Version}"
                : engines is < 1 or > 64 || bytes < CounterLayout.FileBytes(engines) ? $"{path} says {engines} engines and is too short for them" : null;
            if (problem is null)
            {
                return new CounterReader(file, view);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot read {path}: {exception.Message}";
        }

        view?.Dispose();
        file?.Dispose();
        return null;
    }

    /// <summary>A counter of one engine.</summary>
    public long Engine(int engine, EngineCounter counter) => _view.ReadInt64(Block(engine) + ((int)counter * 8));

    /// <summary>How long turns of one engine took that had work.</summary>
    public TurnLengths TurnLengths(int engine)
    {
        var lengths = new TurnLengths();
        for (int bucket = 0; bucket < Tracing.TurnLengths.Buckets; bucket++)
        {
            lengths.Add(bucket, _view.ReadInt64(Block(engine) + ((CounterLayout.TurnSlot + bucket) * 8)));
        }

        return lengths;
    }

    /// <summary>The bindings of the process, by id: what its engines counted, added up.</summary>
    public IReadOnlyDictionary<long, BindingCounts> Bindings()
    {
        var counts = new Dictionary<long, BindingCounts>();
        for (int engine = 0; engine < EngineCount; engine++)
        {
            for (int row = 0; row < CounterLayout.Rows; row++)
            {
                long start = Block(engine) + (CounterLayout.Slots * 8) + ((long)row * CounterLayout.RowBytes);
                long id = _view.ReadInt64(start);
                if (id == 0)
                {
                    continue;
                }

                if (!counts.TryGetValue(id, out BindingCounts? count))
                {
                    counts.Add(id, count = new BindingCounts());
                }

                for (int slot = 0; slot < CounterLayout.GroupSlots; slot++)
                {
                    count.Add(
                        (StreamCounter)slot,
                        _view.ReadInt64(start + CounterLayout.AcceptedOffset + (slot * 8)),
                        _view.ReadInt64(start + CounterLayout.OpenedOffset + (slot * 8)));
                }
            }
        }

        return counts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static long Block(int engine) => CounterLayout.HeaderBytes + ((long)engine * CounterLayout.BlockBytes);
}

/// <summary>The stream counters of one binding.</summary>
public sealed class BindingCounts
{
    private readonly long[] _accepted = new long[CounterLayout.GroupSlots];
    private readonly long[] _opened = new long[CounterLayout.GroupSlots];

    /// <summary>The binding's measure: streams opened to it, or for an entry point those it opened.</summary>
    public long this[StreamCounter counter] => (IsEntryPoint ? _opened : _accepted)[(int)counter];

    /// <summary>True while nobody has opened a stream to it.</summary>
    public bool IsEntryPoint => Array.TrueForAll(_accepted, value => value == 0);

    /// <summary>True when nothing was counted at all.</summary>
    public bool IsEmpty => IsEntryPoint && Array.TrueForAll(_opened, value => value == 0);

    /// <summary>Streams opened to the binding.</summary>
    public long Accepted(StreamCounter counter) => _accepted[(int)counter];

    /// <summary>Streams the binding opened.</summary>
    public long Opened(StreamCounter counter) => _opened[(int)counter];

    /// <summary>Adds what another engine or process counted.</summary>
    public void Add(StreamCounter counter, long accepted, long opened)
    {
        _accepted[(int)counter] += accepted;
        _opened[(int)counter] += opened;
    }
}
