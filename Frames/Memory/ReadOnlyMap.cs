using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Frames.Memory;

/// <summary>A file of another process, mapped for reading only. Its name may go; the map stays until it is disposed of.</summary>
internal sealed unsafe class ReadOnlyMap : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <summary>Maps all of an open file and closes it.</summary>
    /// <exception cref="IOException">It is empty, or cannot be mapped.</exception>
    public ReadOnlyMap(SafeFileHandle file)
    {
        using (file)
        {
            Bytes = RandomAccess.GetLength(file);
            using var map = Bytes > 0
                ? MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true)
                : throw new IOException("the file is empty");
            _view = map.CreateViewAccessor(0, Bytes, MemoryMappedFileAccess.Read);
        }

        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>First byte; null after dispose.</summary>
    public byte* Start => _start;

    /// <summary>Its size when it was mapped.</summary>
    public long Bytes { get; }

    public void Dispose()
    {
        if (_start != null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }
}
