using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

/// <summary>Several caches in one directory: what one of them acknowledges is known to who reads at another.</summary>
public sealed class TopicSiblingsTests : IDisposable
{
    private readonly TemporaryCache _cache = new();
    private readonly List<IDisposable> _others = [];

    public void Dispose()
    {
        _others.ForEach(other => other.Dispose());
        _cache.Dispose();
    }

    [Fact]
    public void What_is_acknowledged_here_is_latest_in_every_file_of_the_topic_whoever_began_first()
    {
        using TopicWriter earlier = Begin(NewRun());
        using TopicWriter own = _cache.CreateTopic();
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        using TopicReader atEarlier = Open(earlier);
        Acknowledge(own, siblings, 3);
        Assert.Equal(3, atEarlier[0].LatestOffset);

        using TopicWriter later = Begin(NewRun());
        using TopicReader atLater = Open(later);
        Acknowledge(own, siblings, 4);
        Assert.Equal((4, 4), (atEarlier[0].LatestOffset, atLater[0].LatestOffset));
        Assert.Equal((-1, -1), (atEarlier[1].LatestOffset, atLater[1].LatestOffset));
    }

    [Fact]
    public void Other_topics_are_left_alone_even_when_their_names_begin_alike()
    {
        CacheDirectory run = NewRun();
        using TopicWriter alike = run.CreateTopic("items-0123456789abcdef", 1, isCompacted: true);
        using TopicWriter longer = run.CreateTopic("items2", 1, isCompacted: true);
        using TopicWriter own = _cache.CreateTopic();
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        Acknowledge(own, siblings, 3);
        using TopicReader one = Open(alike);
        using TopicReader two = Open(longer);
        Assert.Equal((-1, -1), (one[0].LatestOffset, two[0].LatestOffset));
    }

    [Fact]
    public void Without_news_of_another_run_nothing_is_looked_for()
    {
        using TopicWriter own = _cache.CreateTopic();
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        Acknowledge(own, siblings, 0);
        long told = own.RaiseLatestOffset(0, 1);
        Directory.Move(_cache.Root, _cache.Root + "-away"); // A look would fail now.
        try
        {
            siblings.Note(told, 0, 1);
            Assert.Throws<DirectoryNotFoundException>(() => siblings.Note(told + 1, 0, 1));
        }
        finally
        {
            Directory.Move(_cache.Root + "-away", _cache.Root);
        }
    }

    [Fact]
    public void A_dead_run_is_told_as_long_as_its_files_are_there_and_its_readers_know_when_they_are_removed()
    {
        CacheDirectory run = NewRun();
        using TopicWriter orphan = Begin(run);
        using TopicReader attached = Open(orphan);
        string dead = Die(run);
        using TopicWriter own = _cache.CreateTopic();
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        Acknowledge(own, siblings, 3);
        Assert.Equal(3, attached[0].LatestOffset);
        Assert.False(attached.IsRetired);

        CacheDirectory next = NewRun(); // Removes what is dead.
        Assert.False(Directory.Exists(dead));
        Assert.True(attached.IsRetired);
        using TopicWriter fresh = Begin(next);
        using TopicReader atFresh = Open(fresh);
        Acknowledge(own, siblings, 4);
        Assert.Equal(4, atFresh[0].LatestOffset);
        Assert.Equal(3, attached[0].LatestOffset); // Nobody reads there any more.
    }

    [Fact]
    public void A_topic_made_anew_finds_the_others_again_although_they_began_while_it_was_away()
    {
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        TopicWriter own = _cache.CreateTopic();
        Acknowledge(own, siblings, 0);
        own.Dispose();
        using TopicWriter other = Begin(NewRun());
        using TopicReader atOther = Open(other);
        siblings.Note(own.RaiseLatestOffset(0, 1), 0, 1); // Written here at this moment it is not.
        Assert.Equal(1, atOther[0].LatestOffset);
        using TopicWriter another = Begin(NewRun());
        using TopicReader atAnother = Open(another);
        using TopicWriter anew = _cache.CreateTopic();
        Acknowledge(anew, siblings, 2);
        Assert.Equal((2, 2), (atOther[0].LatestOffset, atAnother[0].LatestOffset));
    }

    [Fact]
    public void A_file_that_makes_no_sense_or_has_fewer_partitions_does_no_harm()
    {
        CacheDirectory run = NewRun();
        string broken = Path.Combine(run.Path, "items-0000000000000001");
        Directory.CreateDirectory(broken);
        File.WriteAllBytes(Path.Combine(broken, "topic.state"), new byte[4096]);
        Directory.CreateDirectory(Path.Combine(run.Path, "items-0000000000000002"));
        using TopicWriter small = Begin(run);
        using TopicWriter own = _cache.CreateTopic(partitions: 100);
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        siblings.Note(own.RaiseLatestOffset(99, 7), 99, 7);
        siblings.Note(own.RaiseLatestOffset(0, 7), 0, 7);
        using TopicReader reader = Open(small);
        Assert.Equal(7, reader[0].LatestOffset);
    }

    [Fact]
    public void However_writers_and_runs_that_begin_race_no_acknowledged_offset_is_unknown_where_it_is_read()
    {
        using TopicWriter own = _cache.CreateTopic();
        using var siblings = new TopicSiblings(_cache.Directory_, "items");
        long atBroker = -1;
        long acknowledged = -1;
        bool isOver = false;
        var writer = new Thread(() =>
        {
            for (long offset = 0; !Volatile.Read(ref isOver); offset++)
            {
                Volatile.Write(ref atBroker, offset);
                Acknowledge(own, siblings, offset);
                Volatile.Write(ref acknowledged, offset);
            }
        });
        writer.Start();
        try
        {
            CacheDirectory run = NewRun();
            for (int i = 0; i < 200; i++)
            {
                using TopicWriter begun = Begin(run);
                begun.RaiseLatestOffset(0, Volatile.Read(ref atBroker)); // The ends, as the broker tells them after the file can be found.
                using TopicReader reader = Open(begun);
                for (int read = 0; read < 20; read++)
                {
                    long known = Volatile.Read(ref acknowledged);
                    long latest = reader[0].LatestOffset;
                    Assert.True(latest >= known, $"begin {i}: offset {known} was acknowledged, the latest known is {latest}");
                }
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            writer.Join();
        }
    }

    [Fact]
    public void More_caches_than_a_host_has_use_for_are_refused()
    {
        for (int i = 1; i < 64; i++)
        {
            NewRun();
        }

        IOException refused = Assert.Throws<IOException>(() => CacheDirectory.Create(_cache.Root, "test:cache"));
        Assert.Contains("64 caches share it already", refused.Message, StringComparison.Ordinal);
        CacheDirectory.Create(_cache.Root, "another:cache").Dispose();
    }

    private static void Acknowledge(TopicWriter own, TopicSiblings siblings, long offset) =>
        siblings.Note(own.RaiseLatestOffset(0, offset), 0, offset);

    private static TopicWriter Begin(CacheDirectory run) => run.CreateTopic("items", 2, isCompacted: true, Small);

    // Its process is killed: its files are there without its lock.
    private string Die(CacheDirectory run)
    {
        string dead = Path.Combine(Path.GetDirectoryName(run.Path)!, "0000000000000001-1");
        Directory.Move(run.Path, dead);
        File.Delete(Path.Combine(dead, "run.lock"));
        return dead;
    }

    private CacheDirectory NewRun()
    {
        CacheDirectory run = CacheDirectory.Create(_cache.Root, "test:cache");
        _others.Add(run);
        return run;
    }
}
