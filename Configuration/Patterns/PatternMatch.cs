namespace Sluice.Configuration.Patterns;

/// <summary>
/// The one matching algorithm behind both kinds of pattern. A pattern is literals with gaps between them:
/// <code>
///   /orders/{id}/lines/*      literals: "/orders/"   "/lines/"   ""
///                             gaps:            {id}>=1        *>=0
/// </code>
/// The first literal must stand at the start and the last at the end. Going from right to left, each literal between is put at its
/// last possible place. That puts every literal as far right as it can be at all, which is what a greedy, left-to-right match means:
/// the first gap takes all it can, then the second, and so on. It needs no backtracking, so the cost is bounded by the length of the
/// text times the number of gaps, whatever a client sends.
/// </summary>
internal static class PatternMatch
{
    /// <param name="literals">One more than there are gaps.</param>
    /// <param name="lengthsMin">How many characters each gap needs at least: 0 or 1.</param>
    /// <param name="gaps">Receives what each gap took; may be empty when nobody asks.</param>
    public static bool Try(ReadOnlySpan<char> text, string[] literals, byte[] lengthsMin, Span<Range> gaps)
    {
        string first = literals[0];
        if (lengthsMin.Length == 0)
            return text.SequenceEqual(first);
        string last = literals[^1];
        if (!text.StartsWith(first, StringComparison.Ordinal) || !text.EndsWith(last, StringComparison.Ordinal))
            return false;

        int end = text.Length - last.Length; // Where the gap under the pointer must stop.
        for (int gap = lengthsMin.Length - 1; gap > 0; gap--)
        {
            int room = end - lengthsMin[gap];
            int start = LastStart(text, literals[gap], first.Length, room);
            if (start < 0)
                return false;
            if (!gaps.IsEmpty)
                gaps[gap] = (start + literals[gap].Length)..end;
            end = start;
        }

        if (end - first.Length < lengthsMin[0])
            return false;
        if (!gaps.IsEmpty)
            gaps[0] = first.Length..end;
        return true;
    }

    // The last place at or after `low` where the literal fits wholly before `high`; -1 when there is none.
    private static int LastStart(ReadOnlySpan<char> text, string literal, int low, int high)
    {
        if (high < low)
            return -1;
        if (literal.Length == 0)
            return high;
        int found = text[low..high].LastIndexOf(literal, StringComparison.Ordinal);
        return found < 0 ? -1 : low + found;
    }
}
