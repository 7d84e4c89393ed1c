namespace Sluice.KafkaCache.Fetch;

/// <summary>Looks topics up at the broker, one after the other, for as long as they are wanted: often while missing, seldom once there.</summary>
internal sealed class TopicWatch(FetchSettings settings, IBrokerReader reader, FetchStatus status, Action<string, TopicDescription> tell)
    : IDisposable
{
    private sealed class Look
    {
        public long DueMs { get; set; }

        public int DelayMs { get; set; }

        public int MissingInRow { get; set; }

        public bool WasFound { get; set; }
    }

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _task = Task.CompletedTask;

    public void Start() => _task = Task.Run(RunAsync);

    public void Add(string topic)
    {
        lock (_lock)
        {
            _looks[topic] = new Look { DelayMs = settings.LookForMsMin };
        }

        _wake.Release();
    }

    public void Remove(string topic)
    {
        lock (_lock)
        {
            _looks.Remove(topic);
        }
    }

    /// <summary>Looks again now: something is odd with the topic, or with all of them.</summary>
    public void LookNow(string? topic)
    {
        lock (_lock)
        {
            long soonMs = Environment.TickCount64 + settings.LookForMsMin;
            foreach ((string name, Look look) in _looks)
            {
                if (topic is null || topic == name)
                {
                    look.DueMs = Math.Min(look.DueMs, soonMs);
                }
            }
        }

        _wake.Release();
    }

    /// <summary>Stops; waits for a look-up that is under way, since it uses the reader.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _task.Wait();
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (NextDue(out int waitMs) is string topic)
            {
                OnAnswer(topic, await reader.DescribeAsync(topic).ConfigureAwait(false));
                continue;
            }

            try
            {
                await _wake.WaitAsync(waitMs, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private string? NextDue(out int waitMs)
    {
        long nowMs = Environment.TickCount64;
        long nextMs = nowMs + settings.LookMs;
        lock (_lock)
        {
            foreach ((string topic, Look look) in _looks)
            {
                if (look.DueMs <= nowMs)
                {
                    waitMs = 0;
                    return topic;
                }

                nextMs = Math.Min(nextMs, look.DueMs);
            }
        }

        waitMs = (int)(nextMs - nowMs);
        return null;
    }

    private void OnAnswer(string topic, TopicDescription description)
    {
        bool isTold = false;
        lock (_lock)
        {
            long nowMs = Environment.TickCount64;
            if (description.Lookup == TopicLookup.Unreachable)
            {
                // The others would only wait as long as this one did.
                foreach (Look waiting in _looks.Values)
                {
                    waiting.DueMs = Math.Max(waiting.DueMs, nowMs + (2 * settings.LookForMsMin));
                }
            }
            else if (_looks.TryGetValue(topic, out Look? look))
            {
                // A topic that was there must be missing twice in a row: a broker that has just started may not know it yet.
                look.MissingInRow = description.Lookup == TopicLookup.Missing ? look.MissingInRow + 1 : 0;
                isTold = description.Lookup != TopicLookup.Missing || !look.WasFound || look.MissingInRow > 1;
                look.WasFound |= description.Lookup == TopicLookup.Found;
                look.DelayMs = description.Lookup == TopicLookup.Found ? settings.LookForMsMin : Math.Min(look.DelayMs * 2, settings.LookForMsMax);
                look.DueMs = nowMs + (description.Lookup == TopicLookup.Found ? settings.LookMs : look.DelayMs);
            }
        }

        if (description.Lookup == TopicLookup.Unreachable)
        {
            status.WaitForBroker(description.Reason);
            return;
        }

        status.BrokerAnswers();
        if (isTold)
        {
            tell(topic, description);
        }
    }
}
