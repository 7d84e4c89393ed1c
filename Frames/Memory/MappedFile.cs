using System.IO.MemoryMappedFiles;

namespace Sluice.Frames.Memory;

/// <summary>A file mapped read-write into memory, shared with the process at the other end of a link.</summary>
/// <remarks>The file is created for the suite's own user only (0600) and never follows an existing one.</remarks>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _pointer;

    private MappedFile(string path, MemoryMappedFile file, long bytes, int descriptor)
    {
        Path = path;
        Descriptor = descriptor;
        Bytes = bytes;
        _file = file;
        _view = file.CreateViewAccessor(0, bytes);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>The file's number in this process: what it is found by once its name is gone.</summary>
    public int Descriptor { get; }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>First byte; null after dispose.</summary>
    public byte* Start => _pointer;

    /// <summary>Creates a zeroed file of this size, with its memory or disk space reserved, and maps it.</summary>
    /// <remarks>A page that could not be had when it is first written would end the process (SIGBUS); so all of them are had now.</remarks>
    /// <exception cref="IOException">The file exists already or cannot be made, or there is no room for it.</exception>
    public static MappedFile Create(string path, long bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, PreallocationSize = bytes };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream stream = Reserve(path, options);
        try
        {
            stream.SetLength(bytes);
            return Map(path, stream, bytes);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Maps a file that the peer created.</summary>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return Map(path, stream, stream.Length);
    }

    /// <summary>Removes the name; the memory lives on until both sides unmap it.</summary>
    public void Unlink()
    {
        try
        {
            File.Delete(Path);
        }
        catch (IOException)
        {
            // The peer was quicker, or the directory is gone already.
        }
    }

    /// <summary>Closes the descriptor. The memory stays until <see cref="Dispose"/>, for whoever may still look at it.</summary>
    public void CloseDescriptor() => _file.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pointer != null)
        {
            _pointer = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private static FileStream Reserve(string path, FileStreamOptions options)
    {
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException) && !File.Exists(path)) // The kinds of it say what they are.
        {
            throw new IOException(
                $"{System.IO.Path.GetDirectoryName(path)} has no room for a file of {options.PreallocationSize} bytes; free some there, or make it larger (a container's /dev/shm: its shm size)", exception);
        }
    }

    private static MappedFile Map(string path, FileStream stream, long bytes)
    {
        var file = MemoryMappedFile.CreateFromFile(stream, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        return new MappedFile(path, file, bytes, (int)stream.SafeFileHandle.DangerousGetHandle());
    }
}
