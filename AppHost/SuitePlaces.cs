namespace Sluice.AppHost;

/// <summary>Where the services of one run meet: their configuration, their sockets and links, their cache.</summary>
internal sealed class SuitePlaces : IDisposable
{
    private const string Prefix = "sluice-";
    private const string LockName = "lock";

    // A path of a Unix-domain socket has at most 104 bytes on macOS, 108 on Linux; a name such as "protocol-workers.sock" needs its part.
    private const int RunDirectoryCharsMax = 66;

    private readonly FileStream? _lock;

    private SuitePlaces(string configurationFile, string runDirectory, string cacheDirectory, FileStream? @lock)
    {
        ConfigurationFile = configurationFile;
        RunDirectory = runDirectory;
        CacheDirectory = cacheDirectory;
        _lock = @lock;
    }

    /// <summary>The gateway's configuration.</summary>
    public string ConfigurationFile { get; }

    /// <summary>The folder of sockets and links, for this user only.</summary>
    public string RunDirectory { get; }

    /// <summary>The folder of the cache's segments.</summary>
    public string CacheDirectory { get; }

    /// <summary>The folders of a deployment; its manifests mount them.</summary>
    public static SuitePlaces InContainer() => new("/etc/sluice/sluice.yaml", "/run/sluice", "/var/cache/sluice", null);

    /// <summary>A fresh run directory below the temporary folder, gone when this is disposed of. Those of killed runs go first.</summary>
    public static SuitePlaces OnThisMachine(SuiteOptions suite)
    {
        string parent = Path.GetTempPath();
        RemoveAbandoned(parent);
        string run = Path.Combine(parent, Prefix + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal)[..8]);
        if (run.Length > RunDirectoryCharsMax && Directory.Exists("/tmp"))
        {
            run = Path.Combine("/tmp", Path.GetFileName(run));
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(run);
        }
        else
        {
            Directory.CreateDirectory(run, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // Held as long as the run lives, and let go of by the kernel even when it is killed.
        FileStream held = new(Path.Combine(run, LockName), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        return new SuitePlaces(suite.ConfigurationFile, run, suite.CacheDirectory ?? Path.Combine(run, "cache"), held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_lock is not null)
        {
            _lock.Dispose();
            TryDelete(RunDirectory);
        }
    }

    private static void RemoveAbandoned(string parent)
    {
        foreach (string folder in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            string lockFile = Path.Combine(folder, LockName);
            if (!File.Exists(lockFile))
            {
                continue; // Not ours, or just being made.
            }

            try
            {
                using FileStream free = new(lockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                continue; // In use, or another user's.
            }

            TryDelete(folder);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A service that would not die may still write; the next run removes what is left.
        }
    }
}
