using System.Diagnostics;
using System.Threading.Channels;
using HdrHistogram;

namespace Sluice.Bench.Load;

/// <summary>Starts operations at a fixed rate, whatever has come back, and says how long they took. A stall counts for everything it delays.</summary>
internal sealed class PacedPhase(int workers, int perSecond)
{
    private const long LatencyUsMax = 60_000_000;
    private static readonly TimeSpan Nap = TimeSpan.FromMicroseconds(100);

    private readonly LongConcurrentHistogram _latencies = new(1, LatencyUsMax, 3);
    private bool _isCounting;

    public double AverageMs => _latencies.GetMean() / 1000;

    public double LatencyMs(double percentile) => _latencies.GetValueAtPercentile(percentile) / 1000.0;

    /// <summary>Runs for a time; each worker makes its operation once and does one at a time.</summary>
    public async Task RunAsync(int warmUpSeconds, int seconds, Func<Task<Func<Task>>> makeOperation)
    {
        var starts = Channel.CreateUnbounded<long>();
        Task[] tasks = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            Func<Task> operation = await makeOperation().ConfigureAwait(false);
            await foreach (long start in starts.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await operation().ConfigureAwait(false);
                if (Volatile.Read(ref _isCounting))
                {
                    _latencies.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds, 1, LatencyUsMax));
                }
            }
        }))];
        await Task.Run(() => Pace(starts.Writer, warmUpSeconds)).ConfigureAwait(false);
        Volatile.Write(ref _isCounting, true);
        await Task.Run(() => Pace(starts.Writer, seconds)).ConfigureAwait(false);
        starts.Writer.Complete();
        await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
    }

    private void Pace(ChannelWriter<long> starts, int seconds)
    {
        var clock = Stopwatch.StartNew();
        for (long started = 0; clock.Elapsed.TotalSeconds < seconds;)
        {
            for (long due = (long)(clock.Elapsed.TotalSeconds * perSecond); started < due; started++)
            {
                starts.TryWrite(Stopwatch.GetTimestamp());
            }

#pragma warning disable RS0030 // A fixed rate is a matter of the clock, and a pause of the system's is finer than a timer.
            Thread.Sleep(Nap);
#pragma warning restore RS0030
        }
    }
}
