using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class CacheDirectoryTests
{
    [Fact]
    public void A_start_retires_and_removes_what_a_dead_run_left_and_spares_a_living_one()
    {
        using var cache = new TemporaryCache();
        using TopicWriter living = cache.CreateTopic();

        // A run whose process was killed: its files without its lock.
        string cacheRoot = Path.GetDirectoryName(cache.Directory_.Path)!;
        string dead = Path.Combine(cacheRoot, "0000000000000001-1");
        CacheDirectory run = CacheDirectory.Create(cache.Root, "test:cache");
        TopicWriter orphan = run.CreateTopic("items", 1, isCompacted: true);
        Append(orphan[0], 0, "a", "1");
        using TopicReader attached = Open(orphan);
        Directory.CreateDirectory(dead);
        Directory.Move(orphan.Path, Path.Combine(dead, "items-1"));

        using (CacheDirectory.Create(cache.Root, "test:cache"))
        {
            Assert.False(Directory.Exists(dead));
            Assert.True(attached.IsRetired);
            Assert.Equal(["0:a=1"], ReadAll(attached[0]));
            Assert.True(Directory.Exists(living.Path));
            Assert.True(Directory.Exists(run.Path));
        }

        orphan.Dispose();
        run.Dispose();
    }

    [Fact]
    public void Files_are_for_the_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        Append(writer[0], 0, "a", "1");
        foreach (string file in Directory.GetFiles(writer.Path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(writer.Path));
    }
}
