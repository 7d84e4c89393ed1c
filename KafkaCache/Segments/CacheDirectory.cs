using System.Globalization;
using System.Text;

namespace Sluice.KafkaCache.Segments;

/// <summary>The directory where one running cache keeps its topics: <c>&lt;root&gt;/&lt;cache&gt;/&lt;run&gt;/&lt;topic&gt;-&lt;epoch&gt;</c>.</summary>
/// <remarks>
/// A cache is rebuilt from the broker with every start (config-kafka §2.10 rule 1). The lock file in the run's directory is held while
/// its process lives and released by the kernel whatever ends it; so the next start tells dead runs from living ones, marks their
/// topics retired for readers that still map them, and removes them. Only the suite's own user may look inside (0700).
/// </remarks>
public sealed class CacheDirectory : IDisposable
{
    private const string LockName = "run.lock";
    private const int RunsMax = 64; // Far more than a host has use for: what one acknowledges it notes in the files of all.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly EnumerationOptions AnyFile = new() { AttributesToSkip = 0, IgnoreInaccessible = false }; // A '?' is one character, no less.

    private static long _lastEpoch;

    private readonly FileStream _lock;
    private readonly string _cache;

    private CacheDirectory(string cache, string path, FileStream runLock)
    {
        _cache = cache;
        Path = path;
        _lock = runLock;
    }

    /// <summary>The run's directory.</summary>
    public string Path { get; }

    /// <summary>Makes the directory of a new run and removes what dead runs of the same cache left.</summary>
    /// <param name="root">Where all caches are.</param>
    /// <param name="cacheName">The cache's own name, any text.</param>
    /// <exception cref="IOException">The directory cannot be made, or too many share it.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be made.</exception>
    public static CacheDirectory Create(string root, string cacheName)
    {
        string cache = System.IO.Path.Combine(root, Uri.EscapeDataString(cacheName));
        CreatePrivate(cache);
        RemoveDeadRuns(cache);
        if (Directory.GetDirectories(cache).Length >= RunsMax)
        {
            throw new IOException($"{cache}: {RunsMax} caches share it already; give others a directory of their own");
        }

        // Locked before it has its final name, so that no other run takes it for dead.
        string run = NextEpoch().ToString("x16", CultureInfo.InvariantCulture) + "-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        string temporary = System.IO.Path.Combine(cache, "." + run);
        string path = System.IO.Path.Combine(cache, run);
        CreatePrivate(temporary);
        FileStream runLock = new(System.IO.Path.Combine(temporary, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        if (OperatingSystem.IsWindows())
        {
            runLock.Dispose(); // A directory with an open file cannot be renamed there.
            Directory.Move(temporary, path);
            runLock = new(System.IO.Path.Combine(path, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        else
        {
            Directory.Move(temporary, path);
        }

        return new CacheDirectory(cache, path, runLock);
    }

    /// <summary>Starts to write a topic, under a new epoch. Runs that keep it too know when this returns (<see cref="TopicSiblings"/>).</summary>
    /// <exception cref="ArgumentException">The name is none that Kafka allows.</exception>
    /// <exception cref="IOException">The disk is full, or a run that keeps the topic too cannot be told.</exception>
    public TopicWriter CreateTopic(string topic, int partitionCount, bool isCompacted, SegmentOptions? options = null)
    {
        if (!TopicName.IsValid(Encoding.UTF8.GetBytes(topic)))
        {
            throw new ArgumentException($"'{topic}' is no name of a Kafka topic", nameof(topic));
        }

        long epoch = NextEpoch();
        string path = System.IO.Path.Combine(Path, topic + "-" + epoch.ToString("x16", CultureInfo.InvariantCulture));
        CreatePrivate(path);
        var writer = new TopicWriter(path, topic, partitionCount, isCompacted, epoch, options ?? new SegmentOptions());
        try
        {
            foreach (string other in OthersOf(topic))
            {
                using TopicState? sibling = TopicState.TryOpenOther(other);
                sibling?.NoteSibling();
            }
        }
        catch
        {
            writer.Dispose();
            throw;
        }

        return writer;
    }

    /// <summary>Directories where other runs of the same cache keep a topic, or kept it when they died.</summary>
    /// <exception cref="IOException">They cannot be listed.</exception>
    internal List<string> OthersOf(string topic)
    {
        var others = new List<string>();
        foreach (string run in Directory.EnumerateDirectories(_cache))
        {
            try
            {
                others.AddRange(run == Path ? [] : Directory.EnumerateDirectories(run, topic + "-????????????????", AnyFile));
            }
            catch (DirectoryNotFoundException)
            {
                // It was dead, and has just been removed.
            }
        }

        return others;
    }

    /// <summary>Removes the run's directory. Dispose the topics first.</summary>
    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
        Remove(Path); // Where an open file cannot be removed.
    }

    internal static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone already, or somebody's hand is on it: the next start tries again.
        }
    }

    private static void RemoveDeadRuns(string cache)
    {
        foreach (string run in Directory.GetDirectories(cache))
        {
            string lockPath = System.IO.Path.Combine(run, LockName);
            try
            {
                // A directory with the temporary name may be one that is being made right now; a minute later it is a dead one.
                if (System.IO.Path.GetFileName(run).StartsWith('.') && DateTime.UtcNow - Directory.GetCreationTimeUtc(run) < TimeSpan.FromMinutes(1))
                {
                    continue;
                }

                using FileStream runLock = new(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                foreach (string topic in Directory.GetDirectories(run))
                {
                    using TopicState? state = TopicState.TryOpenOther(topic); // None when it died before the state was written: nobody reads it.
                    state?.Retire();
                }

                Remove(run);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its process lives; or a reader of its files cannot be told that they are outdated, then they stay.
            }

            if (Directory.Exists(run) && !File.Exists(lockPath))
            {
                Remove(run); // Where an open file cannot be removed: all but the lock went, now that goes too.
            }
        }
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }

    // Grows with every call of this process and, by the clock, from run to run.
    private static long NextEpoch()
    {
        while (true)
        {
            long last = Volatile.Read(ref _lastEpoch);
            long next = Math.Max(last + 1, DateTime.UtcNow.Ticks);
            if (Interlocked.CompareExchange(ref _lastEpoch, next, last) == last)
            {
                return next;
            }
        }
    }
}
