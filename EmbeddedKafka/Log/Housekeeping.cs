using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>The broker's one background task: flushes, retains, compacts, on fixed intervals.</summary>
internal sealed class Housekeeping(TopicStore topics, int flushIntervalMs, int cleanIntervalMs) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _task = Task.CompletedTask;

    public void Start() => _task = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _task;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Min(flushIntervalMs, cleanIntervalMs)));
        long flushedAt = Environment.TickCount64, cleanedAt = flushedAt;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                long now = Environment.TickCount64;
                bool flush = now - flushedAt >= flushIntervalMs, clean = now - cleanedAt >= cleanIntervalMs;
                foreach (var log in topics.All.SelectMany(topic => topic.Partitions))
                {
                    if (_stop.IsCancellationRequested)
                    {
                        return;
                    }

                    if (flush)
                    {
                        log.Flush();
                    }

                    if (clean)
                    {
                        log.Clean();
                    }
                }

                flushedAt = flush ? now : flushedAt;
                cleanedAt = clean ? now : cleanedAt;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
