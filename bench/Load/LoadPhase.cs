using System.Diagnostics;
using System.Net;
using HdrHistogram;

namespace Sluice.Bench.Load;

/// <summary>Keeps a number of connections busy for a time, one request each, and says how it went.</summary>
internal sealed class LoadPhase(IPEndPoint address, int connections, Func<Random, ReadOnlyMemory<byte>> request, int expectedStatus)
{
    private const long LatencyUsMax = 60_000_000;

    private readonly LongConcurrentHistogram _latencies = new(1, LatencyUsMax, 3);
    private volatile bool _isCounting;
    private volatile bool _isOver;
    private long _answers;
    private long _failures;
    private string? _firstFailure;

    public long Count => _latencies.TotalCount;

    /// <summary>Requests answered as expected, those of the warm-up too.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    public double Seconds { get; private set; }

    public double RequestsPerSecond => Count / Seconds;

    public double LatencyMs(double percentile) => _latencies.GetValueAtPercentile(percentile) / 1000.0;

    /// <exception cref="IOException">A request was answered with another status than expected.</exception>
    public async Task RunAsync(int warmUpSeconds, int seconds)
    {
        Task[] clients = [.. Enumerable.Range(0, connections).Select(i => Task.Run(() => ClientAsync(i)))];
        await Task.Delay(TimeSpan.FromSeconds(warmUpSeconds)).ConfigureAwait(false);
        _isCounting = true;
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _isCounting = false;
        _isOver = true;
        await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        if (_failures > 0)
        {
            throw new IOException($"{_failures} requests failed, the first: {_firstFailure}");
        }
    }

    private async Task ClientAsync(int number)
    {
        var random = new Random(number);
        long answers = 0;
        using var connection = new HttpConnection();
        try
        {
            await connection.ConnectAsync(address).ConfigureAwait(false);
            while (!_isOver)
            {
                ReadOnlyMemory<byte> bytes = request(random);
                long start = Stopwatch.GetTimestamp();
                int status = await connection.SendAsync(bytes).ConfigureAwait(false);
                if (status != expectedStatus)
                {
                    Fail($"status {status}, expected {expectedStatus}");
                    continue;
                }

                answers++;
                if (_isCounting)
                {
                    _latencies.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds, 1, LatencyUsMax));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            Fail(exception.Message);
        }

        Interlocked.Add(ref _answers, answers);
    }

    private void Fail(string message)
    {
        Interlocked.Increment(ref _failures);
        Interlocked.CompareExchange(ref _firstFailure, message, null);
    }
}
