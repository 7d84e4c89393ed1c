using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Sluice.ServiceDefaults;

/// <summary>
/// One log entry, one line: <c>09:15:04.120 info  Edge.Hosting 3001 listening on 127.0.0.1:7114</c> (UTC). An exception follows its
/// message as <c>| Type: text &lt; Inner: text</c>; its stack trace is printed only for level critical or when debug is on.
/// </summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "sluice";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        StringBuilder line = new(160);
        line.Append(DateTimeOffset.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        line.Append(Label(logEntry.LogLevel)).Append(Shorten(logEntry.Category));
        if (logEntry.EventId.Id != 0)
        {
            line.Append(' ').Append(logEntry.EventId.Id);
        }

        line.Append(' ').Append(StartFailure.OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception) ?? ""));
        string before = " | ";
        for (Exception? cause = logEntry.Exception; cause is not null; cause = cause.InnerException, before = " < ")
        {
            line.Append(before).Append(cause.GetType().Name).Append(": ").Append(StartFailure.OneLine(cause.Message));
        }

        textWriter.WriteLine(line);
        if (logEntry is { Exception: not null, LogLevel: LogLevel.Critical or LogLevel.Debug or LogLevel.Trace })
        {
            textWriter.WriteLine(logEntry.Exception.StackTrace);
        }
    }

    private static string Label(LogLevel level) => level switch
    {
        LogLevel.Trace => " trace ",
        LogLevel.Debug => " debug ",
        LogLevel.Information => " info  ",
        LogLevel.Warning => " warn  ",
        LogLevel.Error => " error ",
        _ => " fatal ",
    };

    private static ReadOnlySpan<char> Shorten(string category) =>
        category.StartsWith("Sluice.", StringComparison.Ordinal) ? category.AsSpan("Sluice.".Length) : category;
}
