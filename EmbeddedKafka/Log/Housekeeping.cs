using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>The broker's one background task: flushes soon after something was written, retains and compacts on a fixed interval.</summary>
internal sealed class Housekeeping(TopicStore topics, Latch written, int flushIntervalMs, int cleanIntervalMs) : IAsyncDisposable
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
        long cleanAt = Environment.TickCount64 + cleanIntervalMs;
        long flushAt = long.MaxValue;
        try
        {
            while (true)
            {
                long now = Environment.TickCount64;
                int wait = (int)Math.Max(0, Math.Min(cleanAt, flushAt) - now);
                if (flushAt != long.MaxValue)
                {
                    await Task.Delay(wait, _stop.Token); // News change nothing: a flush is on its way.
                }
                else if (await written.WaitAsync(wait, _stop.Token))
                {
                    flushAt = Environment.TickCount64 + flushIntervalMs;
                    continue;
                }

                now = Environment.TickCount64;
                if (now >= flushAt)
                {
                    flushAt = long.MaxValue;
                    ForEach(static log => log.Flush());
                }

                if (now >= cleanAt)
                {
                    ForEach(static log => log.Clean());
                    cleanAt = Environment.TickCount64 + cleanIntervalMs;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void ForEach(Action<PartitionLog> action)
    {
        foreach (var log in topics.All.SelectMany(topic => topic.Partitions))
        {
            _stop.Token.ThrowIfCancellationRequested();
            action(log);
        }
    }
}
