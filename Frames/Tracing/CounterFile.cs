using System.Buffers.Binary;
using System.Text;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tracing;

/// <summary>The mapped file in the run directory that holds all counters of a process; it outlives a crash.</summary>
/// <remarks>Removed at a clean stop. A new start replaces what a dead process left. Private to the user (0600).</remarks>
internal sealed class CounterFile
{
    private readonly MappedFile _file;

    private CounterFile(MappedFile file) => _file = file;

    // The memory may be in use after Remove, by whoever still holds counters of a stopped engine: it goes when they do.
    ~CounterFile() => _file.Dispose();

    /// <summary>Makes the file; the caller has made sure that no live process uses it.</summary>
    /// <exception cref="IOException">The run directory cannot be written.</exception>
    public static unsafe CounterFile Create(string path, string room, int instance, int engines)
    {
        File.Delete(path);
        MappedFile file = MappedFile.Create(path, CounterLayout.FileBytes(engines));
        var header = new Span<byte>(file.Start, CounterLayout.HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.VersionOffset..], CounterLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.ProcessOffset..], Environment.ProcessId);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.InstanceOffset..], instance);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.EnginesOffset..], engines);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.SlotsOffset..], CounterLayout.Slots);
        BinaryPrimitives.WriteInt32LittleEndian(header[CounterLayout.RowsOffset..], CounterLayout.Rows);
        BinaryPrimitives.WriteInt64LittleEndian(header[CounterLayout.StartOffset..], DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        byte[] name = Encoding.UTF8.GetBytes(room);
        name.AsSpan(0, Math.Min(name.Length, CounterLayout.RoomBytes)).CopyTo(header[CounterLayout.RoomOffset..]);
        Volatile.Write(ref *(long*)file.Start, CounterLayout.Magic);
        return new CounterFile(file);
    }

    /// <summary>The counters of one engine.</summary>
    public EngineCounters For(int engine) => new(CounterMemory.Mapped(this, _file, engine));

    /// <summary>Removes the file's name and closes its descriptor: the process stops cleanly.</summary>
    public void Remove()
    {
        _file.Unlink();
        _file.CloseDescriptor();
    }
}
