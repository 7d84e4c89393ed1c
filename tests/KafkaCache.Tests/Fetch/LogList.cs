using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.KafkaCache.Tests.Fetch;

/// <summary>Keeps log lines from level information on.</summary>
internal sealed class LogList : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{eventId.Id} {formatter(state, exception)}{(exception is null ? "" : " " + exception.Message)}");

    public int Count(int id) => Lines.Count(line => line.StartsWith($"{id} ", StringComparison.Ordinal));
}
