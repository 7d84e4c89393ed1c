namespace Sluice.Configuration.Text;

/// <summary>Finds the word a user most likely meant.</summary>
internal static class NearestWord
{
    private const int WordLengthMax = 64; // Longer words are not typing slips of anything we know.
    private const int CandidatesMax = 1_000; // Keeps a file full of slips and names from taking quadratic time.

    /// <summary>The closest candidate, or null when none is close: at most a third of the letters may differ, and at most three.</summary>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        if (word.Length is 0 or > WordLengthMax)
            return null;

        string? nearest = null;
        int best = Math.Clamp(word.Length / 3, 1, 3) + 1;
        int looked = 0;
        foreach (string candidate in candidates)
        {
            if (looked++ == CandidatesMax)
                break;
            if (candidate.Length is 0 or > WordLengthMax || Math.Abs(candidate.Length - word.Length) >= best)
                continue;
            int distance = Distance(word, candidate);
            if (distance < best)
            {
                best = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary><c>; did you mean 'x'?</c>, or the given text when nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> candidates, string otherwise = "")
    {
        string? nearest = Of(word, candidates);
        return nearest is null ? otherwise : $"; did you mean '{nearest}'?";
    }

    // Optimal string alignment: insert, delete, replace and swap of neighbours cost one; a difference of case only costs nothing.
    private static int Distance(string a, string b)
    {
        Span<int> beforeLast = stackalloc int[WordLengthMax + 1];
        Span<int> last = stackalloc int[WordLengthMax + 1];
        Span<int> current = stackalloc int[WordLengthMax + 1];
        for (int j = 0; j <= b.Length; j++)
            last[j] = j;

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                int value = Math.Min(Math.Min(last[j] + 1, current[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    value = Math.Min(value, beforeLast[j - 2] + 1);
                current[j] = value;
            }

            Span<int> spare = beforeLast;
            beforeLast = last;
            last = current;
            current = spare;
        }

        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
