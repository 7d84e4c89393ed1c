using System.IO.MemoryMappedFiles;
using Sluice.Frames.Memory;

namespace Sluice.KafkaCache.Segments;

/// <summary>A file mapped into memory, every access checked against its size. The only place of this library with pointers.</summary>
/// <remarks>
/// Files are created at their full size with their disk space reserved, and are never truncated, only unlinked: a mapped page always
/// exists, so that neither a full disk nor a deleted file can end a process (SIGBUS). The descriptor is closed once the map stands.
/// Dispose it only when nobody can be reading: spans handed out do not keep it alive.
/// </remarks>
internal sealed unsafe class MappedRegion : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedRegion(FileStream stream, long bytes, MemoryMappedFileAccess access)
    {
        using (var file = MemoryMappedFile.CreateFromFile(stream, null, bytes, access, HandleInheritability.None, leaveOpen: false))
        {
            _view = file.CreateViewAccessor(0, bytes, access);
        }

        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Bytes = bytes;
    }

    /// <summary>Size of the file; 0 once disposed, so that a late access throws instead of touching freed pages.</summary>
    public long Bytes { get; private set; }

    /// <summary>Creates a zeroed file for the suite's own user only and maps it.</summary>
    /// <exception cref="IOException">It exists, or the disk is full.</exception>
    public static MappedRegion Create(string path, long bytes)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            PreallocationSize = bytes,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream stream = new(path, options);
        try
        {
            stream.SetLength(bytes);
            return new MappedRegion(stream, bytes, MemoryMappedFileAccess.ReadWrite);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Maps an existing file.</summary>
    /// <exception cref="InvalidDataException">It is smaller than <paramref name="bytesMin"/>.</exception>
    /// <exception cref="IOException">It is not there or cannot be opened.</exception>
    public static MappedRegion Open(string path, long bytesMin, bool isWritable = false)
    {
        FileAccess access = isWritable ? FileAccess.ReadWrite : FileAccess.Read;
        FileStream stream = new(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            long bytes = stream.Length;
            return bytes >= bytesMin
                ? new MappedRegion(stream, bytes, isWritable ? MemoryMappedFileAccess.ReadWrite : MemoryMappedFileAccess.Read)
                : throw new InvalidDataException($"{path} has {bytes} bytes, fewer than the {bytesMin} it needs");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Looks at a stretch of the file.</summary>
    public ReadOnlySpan<byte> Read(long position, int bytes) => new(At(position, bytes), bytes);

    /// <summary>A stretch of the file to write to.</summary>
    public Span<byte> Write(long position, int bytes) => new(At(position, bytes), bytes);

    /// <summary>Offers the file to streams, which dispose of this when the source is retired and nothing refers to it.</summary>
    public PayloadSource AsSource(string path) => new(path, _start, Bytes, this);

    /// <summary>Reads with acquire semantics: what was written before the value is seen too.</summary>
    public long ReadInt64(long position) => Volatile.Read(ref *(long*)At(position, sizeof(long)));

    /// <summary>Reads with acquire semantics.</summary>
    public int ReadInt32(long position) => Volatile.Read(ref *(int*)At(position, sizeof(int)));

    /// <summary>Writes with release semantics: everything written before is seen by whoever sees the value.</summary>
    public void WriteInt64(long position, long value) => Volatile.Write(ref *(long*)At(position, sizeof(long)), value);

    /// <summary>Writes with release semantics.</summary>
    public void WriteInt32(long position, int value) => Volatile.Write(ref *(int*)At(position, sizeof(int)), value);

    /// <summary>Adds one, whoever else does so at the same time; a full fence.</summary>
    public void Increment(long position) => Interlocked.Increment(ref *(long*)At(position, sizeof(long)));

    /// <summary>Raises a number, whoever else raises it at the same time.</summary>
    public void Raise(long position, long value)
    {
        ref long target = ref *(long*)At(position, sizeof(long));
        long seen = Volatile.Read(ref target);
        while (seen < value)
        {
            long found = Interlocked.CompareExchange(ref target, value, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Bytes != 0)
        {
            Bytes = 0;
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }

    private byte* At(long position, int bytes)
    {
        if (position < 0 || bytes < 0 || position > Bytes - bytes)
        {
            throw new InvalidDataException($"position {position} with {bytes} bytes lies outside a mapped file of {Bytes} bytes");
        }

        return _start + position;
    }
}
