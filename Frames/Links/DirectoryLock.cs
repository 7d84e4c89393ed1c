using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Held while names in a run directory are taken. The kernel lets go of it when its process dies.</summary>
internal readonly struct DirectoryLock : IDisposable
{
    private readonly int _descriptor;

    private DirectoryLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Waits for the others, which hold it for the moment it takes to look for a name.</summary>
    /// <exception cref="IOException">The directory cannot be locked.</exception>
    public static DirectoryLock Take(string directory)
    {
        int descriptor = Unix.LockDirectory(directory);
        return descriptor >= 0 ? new DirectoryLock(descriptor) : throw new IOException($"cannot lock the run directory {directory}; check that it belongs to this user");
    }

    public void Dispose() => Unix.Close(_descriptor);
}
