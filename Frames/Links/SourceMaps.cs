using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Maps the files that peers refer to: each once for the whole process, however many engines and links refer to it.</summary>
/// <remarks>
/// Opening a file may wait for a disk (in memory it takes 10 us, mapping included): it runs on the thread pool and comes back by Post.
/// What a peer names is opened only if it is a plain file of our own user below the directory where such files are, and not a link.
/// </remarks>
internal sealed class SourceMaps
{
    /// <summary>The variable that names the directory, as for the processes that write there.</summary>
    public const string Variable = "SLUICE_CACHE_DIR";

    /// <summary>Longest name of a file, in bytes: PATH_MAX of Linux.</summary>
    public const int PathBytesMax = 4096;

    private const int MapsMax = 16 * 1024; // A quarter of the mappings that Linux gives a process; the runtime and the cache need theirs.

    private readonly string _root;
    private readonly Dictionary<string, SharedMap> _maps = [];

    /// <param name="root">Where the files are, at any depth.</param>
    public SourceMaps(string root) => _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)) + "/";

    /// <summary>Does all at once on the caller's thread, for worlds that must repeat.</summary>
    public bool IsInline { get; init; }

    /// <summary>Files that are mapped now. Any thread.</summary>
    public int Count
    {
        get
        {
            lock (_maps)
            {
                return _maps.Count;
            }
        }
    }

    /// <summary>The maps of a process; null where it has no such directory, or the system no way to check a file's owner: then all is copied.</summary>
    public static SourceMaps? Create(string? root) => !string.IsNullOrEmpty(root) && OperatingSystem.IsLinux() ? new SourceMaps(root) : null;

    /// <summary>Maps a file, and hands it to the engine; null when it cannot be had.</summary>
    public void Open(string path, FrameEngine engine, Action<PayloadSource?> then) => Run(() =>
    {
        PayloadSource? source = TryOpen(path);
        engine.Post(() => then(source));
    });

    private PayloadSource? TryOpen(string path)
    {
        lock (_maps)
        {
            if (!_maps.TryGetValue(path, out SharedMap? map))
            {
                if (_maps.Count >= MapsMax || !TryMap(path, out ReadOnlyMap? file))
                {
                    return null;
                }

                map = new SharedMap(file);
                _maps.Add(path, map);
            }

            return map.Use(path, () => Run(() => Release(path, map)));
        }
    }

    private void Release(string path, SharedMap map)
    {
        lock (_maps)
        {
            if (map.Release())
            {
                _maps.Remove(path);
            }
        }
    }

    private bool TryMap(string path, [NotNullWhen(true)] out ReadOnlyMap? map)
    {
        map = null;
        if (!path.StartsWith(_root, StringComparison.Ordinal) || path.Contains('\0', StringComparison.Ordinal) || Path.GetFullPath(path) != path
            || !Unix.TryOpenOwnFile(path, out SafeFileHandle? file))
        {
            return false;
        }

        try
        {
            map = new ReadOnlyMap(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // Empty, or no mappings are left.
        }
    }

    private void Run(Action action)
    {
        if (IsInline)
        {
            action();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static action => action(), action, preferLocal: false);
        }
    }

    private sealed unsafe class SharedMap(ReadOnlyMap map)
    {
        private int _users;

        public PayloadSource Use(string path, Action release)
        {
            _users++;
            return new PayloadSource(path, map.Start, map.Bytes, new Lease(release));
        }

        /// <summary>True when nobody uses it any more, and it is gone.</summary>
        public bool Release()
        {
            if (--_users > 0)
            {
                return false;
            }

            map.Dispose();
            return true;
        }
    }

    private sealed class Lease(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
