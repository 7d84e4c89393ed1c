namespace Sluice.Configuration.Schema;

/// <summary>What names and references look like (config-core §1.1 and §1.3).</summary>
internal static class Names
{
    public const string NameRule = "a name: a letter first, then letters, digits, '.', '_' or '-'";
    public const string ReferenceRule = "a reference: 'name' or 'namespace:name'";

    // ^[a-zA-Z]+[a-zA-Z0-9\._\-]*$
    public static bool IsName(string text) => IsName(text.AsSpan());

    public static bool IsReference(string text)
    {
        int colon = text.IndexOf(':');
        return colon < 0 ? IsName(text) : IsName(text.AsSpan(0, colon)) && IsName(text.AsSpan(colon + 1));
    }

    /// <summary>The printed form of a reference: always <c>namespace:name</c>.</summary>
    public static string Qualify(string space, string reference) =>
        reference.Contains(':', StringComparison.Ordinal) ? reference : $"{space}:{reference}";

    private static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }

        return true;
    }
}
