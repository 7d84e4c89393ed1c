using System.Collections.Concurrent;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Fetch;

/// <summary>The thread of one cache: the only one that reads from the broker and the only one that writes segments.</summary>
/// <remarks>
/// Engines get news through <see cref="TopicFeed"/>; look-ups run beside it (<see cref="TopicWatch"/>) and hand it their answers as
/// commands. A record wakes it at once; a command waits for at most <see cref="PollMs"/>.
/// </remarks>
internal sealed class FetchLoop : IFetchSink, IDisposable
{
    private const int PollMs = 500;      // How late a command may be; a record or an end of partition is never late.
    private const int EagerPollMs = 5;   // Somebody waits for a topic that has just been asked for.
    private const int EagerMs = 2000;
    private const int EventsPerRoundMax = 500; // News, commands and housekeeping get their turn while a topic fills.

    private readonly FetchSettings _settings;
    private readonly FetchContext _context;
    private readonly TopicWatch _watch;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentDictionary<string, CachedTopic> _topics = new(StringComparer.Ordinal);
    private readonly Thread _thread;
    private readonly List<CachedTopic> _moved = []; // Since the last round; fetch thread only.
    private readonly List<Task> _questions = [];
    private volatile bool _isStopping;
    private long _houseAtMs;
    private long _eagerUntilMs;

    public FetchLoop(FetchSettings settings, FetchContext context)
    {
        _settings = settings;
        _context = context;
        _watch = new TopicWatch(settings, context.Reader, context.Status, (topic, answer) => _commands.Enqueue(() => OnDescribed(topic, answer)));
        _thread = new Thread(Run) { Name = "fetch " + settings.Cache, IsBackground = true };
        foreach (string topic in settings.Bootstrap)
        {
            Add(topic, isBootstrap: true);
        }
    }

    public FetchStatus Status => _context.Status;

    public ILogger Logger => _context.Logger;

    public TopicLimits Limits => _context.Limits;

    public CacheDirectory Directory => _context.Directory;

    public void Start()
    {
        _watch.Start();
        _thread.Start();
    }

    /// <summary>Has the topic cached and its news told to a feed. Any thread.</summary>
    /// <param name="feed">Who wants to know.</param>
    /// <param name="isNew">True when the topic was not cached before: what the broker says of its ends is asked from now on.</param>
    /// <returns>False when there are too many topics.</returns>
    public bool TryFollow(TopicFeed feed, out bool isNew)
    {
        isNew = false;
        while (true)
        {
            if (!_topics.TryGetValue(feed.Topic, out CachedTopic? topic))
            {
                if (_topics.Count >= _settings.TopicsMax)
                {
                    return false;
                }

                topic = Add(feed.Topic, isBootstrap: false);
                isNew = true;
            }

            if (topic.Followers.TryAdd(feed))
            {
                return true;
            }

            Thread.Yield(); // It is being dropped this moment, and gone the next.
        }
    }

    /// <summary>Stops telling a feed. Any thread.</summary>
    public void Unfollow(TopicFeed feed)
    {
        if (_topics.TryGetValue(feed.Topic, out CachedTopic? topic))
        {
            topic.Followers.Remove(feed, Environment.TickCount64);
        }
    }

    /// <summary>Notes that a record was acknowledged, before anybody hears of it. Any thread.</summary>
    /// <returns>As <see cref="TopicWriter.RaiseLatestOffset"/>; -1 also when the topic is not cached.</returns>
    public long RaiseLatestOffset(string topic, int partition, long offset) =>
        _topics.TryGetValue(topic, out CachedTopic? cached) ? cached.RaiseLatestOffset(partition, offset) : -1;

    /// <summary>
    /// Asks the broker how far a cached topic reaches, and notes it: records may have been acknowledged through other caches. Any thread.
    /// </summary>
    public Task ConfirmEndsAsync(string topic) => Status.IsWaitingForBroker ? Task.CompletedTask : Ask(() => ConfirmAsync(topic));

    void IFetchSink.OnRecord(string topic, int partition, in NewRecord record)
    {
        if (_topics.TryGetValue(topic, out CachedTopic? cached))
        {
            NoteMoved(cached, cached.OnRecord(partition, record));
        }
    }

    void IFetchSink.OnPartitionEnd(string topic, int partition, long nextOffset)
    {
        if (_topics.TryGetValue(topic, out CachedTopic? cached))
        {
            NoteMoved(cached, cached.OnPartitionEnd(partition, nextOffset));
        }
    }

    void IFetchSink.OnPartitionError(string topic, int partition, string reason)
    {
        FetchLog.PartitionTrouble(_context.Logger, _settings.Cache, topic, partition, reason);
        _watch.LookNow(topic);
    }

    // The news may be old by the time it is heard; a look-up finds out and says so.
    void IFetchSink.OnBrokersLost(string reason) => _watch.LookNow(null);

    /// <summary>Stops the thread, leaves the broker and removes the files.</summary>
    public void Dispose()
    {
        Task[] questions;
        lock (_questions)
        {
            _isStopping = true;
            questions = [.. _questions];
        }

        _watch.Dispose();
        Task.WaitAll(questions); // They use the reader.
        if (_thread.ThreadState != ThreadState.Unstarted)
        {
            _thread.Join();
        }

        _context.Reader.Dispose();
        foreach (CachedTopic topic in _topics.Values)
        {
            topic.Close();
        }

        _context.Directory.Dispose();
    }

    private async Task ConfirmAsync(string topic)
    {
        int count = _topics.TryGetValue(topic, out CachedTopic? cached) ? cached.Followers.Place?.PartitionCount ?? 0 : 0;
        if (count == 0)
        {
            return;
        }

        foreach ((int partition, long end) in await _context.Reader.EndsAsync(topic, count).ConfigureAwait(false))
        {
            RaiseLatestOffset(topic, partition, end - 1);
        }
    }

    private void AskEnds(string topic, int partitionCount, Action<IReadOnlyDictionary<int, long>> answer) => Ask(async () =>
    {
        IReadOnlyDictionary<int, long> ends = await _context.Reader.EndsAsync(topic, partitionCount).ConfigureAwait(false);
        _commands.Enqueue(() => answer(ends));
    });

    // On the thread pool: connecting takes some milliseconds.
    private Task Ask(Func<Task> question)
    {
        lock (_questions)
        {
            if (_isStopping)
            {
                return Task.CompletedTask;
            }

            _questions.RemoveAll(task => task.IsCompleted);
            Task task = Task.Run(question);
            _questions.Add(task);
            return task;
        }
    }

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                Round();
            }
        }
#pragma warning disable CA1031 // The thread's last words; the process goes on and its health says what is missing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            FetchLog.ThreadFailed(_context.Logger, _settings.Cache, exception);
            Status.WaitForBroker("the fetch thread ended by a fault of ours; restart the service");
        }
    }

    private void Round()
    {
        while (_commands.TryDequeue(out Action? command))
        {
            command();
        }

        long nowMs = Environment.TickCount64;
        int timeoutMs = nowMs < Volatile.Read(ref _eagerUntilMs) ? EagerPollMs : PollMs;
        for (int i = 0; i < EventsPerRoundMax && _context.Reader.Poll(timeoutMs, this); i++)
        {
            timeoutMs = 0;
        }

        nowMs = Environment.TickCount64;
        if (nowMs >= _houseAtMs)
        {
            _houseAtMs = nowMs + _settings.HouseMs;
            KeepHouse(nowMs);
        }

        foreach (CachedTopic topic in _moved)
        {
            topic.TellMoved();
        }

        _moved.Clear();
    }

    private void KeepHouse(long nowMs)
    {
        foreach ((string name, CachedTopic topic) in _topics)
        {
            if (topic.TryDrop(nowMs, _settings))
            {
                _watch.Remove(name);
                _topics.TryRemove(name, out _);
            }
            else
            {
                NoteMoved(topic, topic.KeepHouse(nowMs, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
            }
        }
    }

    private void NoteMoved(CachedTopic topic, bool isNews)
    {
        if (isNews)
        {
            _moved.Add(topic);
        }
    }

    private CachedTopic Add(string name, bool isBootstrap)
    {
        var topic = new CachedTopic(name, isBootstrap, _settings.LiveTopics.Contains(name), _context, AskEnds);
        CachedTopic kept = _topics.GetOrAdd(name, topic);
        if (kept == topic)
        {
            Volatile.Write(ref _eagerUntilMs, Environment.TickCount64 + EagerMs);
            _watch.Add(name);
        }

        return kept;
    }

    private void OnDescribed(string topic, TopicDescription description)
    {
        if (_topics.TryGetValue(topic, out CachedTopic? cached))
        {
            cached.OnDescribed(description);
        }
    }
}
