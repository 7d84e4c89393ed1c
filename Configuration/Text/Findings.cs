namespace Sluice.Configuration.Text;

/// <summary>Gathers everything there is to say about a configuration, so that all mistakes are told at once.</summary>
internal sealed class Findings
{
    private const int MessageCharsMax = 2_000; // The longest of our own sentences is some 800.
    private readonly List<Diagnostic> _errors = [];
    private readonly List<Diagnostic> _warnings = [];
    private readonly HashSet<Diagnostic> _seen = [];

    public bool HasErrors => _errors.Count > 0;

    public int ErrorCount => _errors.Count;

    public void Error(SourcePosition position, string message) =>
        Add(_errors, new Diagnostic(position, DiagnosticSeverity.Error, OneLine(message)));

    public void Warning(SourcePosition position, string message) =>
        Add(_warnings, new Diagnostic(position, DiagnosticSeverity.Warning, OneLine(message)));

    public IReadOnlyList<Diagnostic> SortedErrors() => Sorted(_errors, "mistakes");

    public IReadOnlyList<Diagnostic> SortedWarnings() => Sorted(_warnings, "warnings");

    // Messages quote the user's file: whatever stands there, a finding stays one line of readable length and no terminal acts on it.
    private static string OneLine(string message)
    {
        if (message.Length > MessageCharsMax)
            message = $"{message.AsSpan(0, MessageCharsMax - 3)}...";
        foreach (char c in message)
        {
            if (IsUnprintable(c))
                return string.Create(message.Length, message, (target, text) =>
                {
                    for (int i = 0; i < target.Length; i++)
                        target[i] = IsUnprintable(text[i]) ? ' ' : text[i];
                });
        }

        return message;
    }

    private static bool IsUnprintable(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';

    // A node behind a YAML alias is checked at each use: the same finding is worth telling once.
    private void Add(List<Diagnostic> list, Diagnostic diagnostic)
    {
        if (_seen.Add(diagnostic))
            list.Add(diagnostic);
    }

    private static Diagnostic[] Sorted(List<Diagnostic> list, string noun)
    {
        var order = new int[list.Count];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        // Array.Sort is not stable: the order of discovery decides between findings at one place.
        Array.Sort(order, (a, b) =>
        {
            int byPlace = list[a].Position.CompareTo(list[b].Position);
            return byPlace == 0 ? a.CompareTo(b) : byPlace;
        });

        int shown = Math.Min(order.Length, TextLimits.FindingsMax);
        var sorted = new Diagnostic[shown < order.Length ? shown + 1 : shown];
        for (int i = 0; i < shown; i++)
            sorted[i] = list[order[i]];
        if (shown < order.Length)
        {
            Diagnostic last = sorted[shown - 1];
            sorted[shown] = last with { Message = $"and {order.Length - shown} more {noun}, not listed" };
        }

        return sorted;
    }
}
