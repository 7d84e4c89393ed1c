namespace Aspire.Hosting.Running;

/// <summary>The last lines of one instance. Any thread may call it.</summary>
internal sealed class LogRing
{
    /// <summary>Lines kept: enough for the story of a start and a crash, small enough to hold for every service.</summary>
    public const int LinesMax = 500;

    /// <summary>Characters kept of one line.</summary>
    public const int LineCharsMax = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();

    /// <summary>The last line that went to standard error.</summary>
    public string? LastError { get; private set; }

    public void Add(string line, bool isError)
    {
        string kept = line.Length > LineCharsMax ? line[..LineCharsMax] : line;
        lock (_lock)
        {
            if (_lines.Count == LinesMax)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(kept);
            if (isError && kept.Length > 0)
            {
                LastError = kept;
            }
        }
    }

    public string[] ToArray()
    {
        lock (_lock)
        {
            return [.. _lines];
        }
    }
}
