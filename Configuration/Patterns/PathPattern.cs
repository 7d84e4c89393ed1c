namespace Sluice.Configuration.Patterns;

/// <summary>
/// A pattern with <c>*</c> (any run of characters) and named captures: <c>{name}</c> takes one or more characters, as many as it
/// can, <c>/</c> included. A name is letters and <c>_</c>; other braces are literal. The whole value must match, case matters
/// (config-kafka §3.3, config-core §3.3). Immutable; matching allocates nothing.
/// </summary>
public sealed class PathPattern
{
    private readonly string[] _literals;
    private readonly byte[] _lengthsMin;
    private readonly int[] _gapOfName;
    private readonly string[] _names;

    private PathPattern(string text, string[] literals, byte[] lengthsMin, string[] names, int[] gapOfName)
    {
        Text = text;
        _literals = literals;
        _lengthsMin = lengthsMin;
        _names = names;
        _gapOfName = gapOfName;
    }

    /// <summary>Most <c>*</c> and <c>{name}</c> in one pattern: 32, so that a match works on a small stack buffer.</summary>
    public const int GapsMax = 32;

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>The captured names, in the order of the pattern. Matches fill their captures in this order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>True when the pattern has neither <c>*</c> nor captures.</summary>
    public bool IsLiteral => _lengthsMin.Length == 0;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">It breaks a rule of <see cref="TryParse"/>; validated configuration never does.</exception>
    public static PathPattern Parse(string text) =>
        TryParse(text, out PathPattern? pattern, out string? mistake) ? pattern : throw new FormatException(mistake);

    /// <summary>Reads a pattern; false, with a reason, when a name is used twice or there are over <see cref="GapsMax"/> gaps.</summary>
    public static bool TryParse(
        string text,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PathPattern? pattern,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? mistake)
    {
        ArgumentNullException.ThrowIfNull(text);
        var literals = new List<string>();
        var lengthsMin = new List<byte>();
        var names = new List<string>();
        var gapOfName = new List<int>();
        pattern = null;
        int literalStart = 0;
        for (int at = 0; at < text.Length; at++)
        {
            int end = text[at] == '*' ? at + 1 : CaptureEnd(text, at);
            if (end < 0)
                continue;
            if (text[at] == '{')
            {
                string name = text[(at + 1)..(end - 1)];
                if (names.Contains(name))
                {
                    mistake = $"the pattern '{text}' captures '{{{name}}}' twice";
                    return false;
                }

                names.Add(name);
                gapOfName.Add(lengthsMin.Count);
            }

            literals.Add(text[literalStart..at]);
            lengthsMin.Add(text[at] == '*' ? (byte)0 : (byte)1);
            literalStart = end;
            at = end - 1;
        }

        literals.Add(text[literalStart..]);
        mistake = lengthsMin.Count > GapsMax ? $"the pattern holds more than {GapsMax} wildcards and captures" : null;
        if (mistake is null)
            pattern = new PathPattern(text, [.. literals], [.. lengthsMin], [.. names], [.. gapOfName]);
        return mistake is null;
    }

    /// <summary>Where <paramref name="name"/> stands among the captures; -1 when the pattern does not capture it.</summary>
    public int IndexOf(ReadOnlySpan<char> name)
    {
        for (int i = 0; i < _names.Length; i++)
        {
            if (name.SequenceEqual(_names[i]))
                return i;
        }

        return -1;
    }

    /// <summary>True when the whole value matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> value) => PatternMatch.Try(value, _literals, _lengthsMin, []);

    /// <summary>Matches and tells what each name captured.</summary>
    /// <param name="value">The whole value.</param>
    /// <param name="captures">At least as long as <see cref="Names"/>; filled in that order on a match.</param>
    public bool TryMatch(ReadOnlySpan<char> value, Span<Range> captures)
    {
        if (_names.Length == 0)
            return IsMatch(value);

        Span<Range> gaps = stackalloc Range[GapsMax];
        if (!PatternMatch.Try(value, _literals, _lengthsMin, gaps))
            return false;
        for (int i = 0; i < _names.Length; i++)
            captures[i] = gaps[_gapOfName[i]];
        return true;
    }

    /// <summary>The pattern as written.</summary>
    public override string ToString() => Text;

    // "{name}" at this offset: the offset behind its brace. Anything else: -1.
    private static int CaptureEnd(string text, int at)
    {
        if (text[at] != '{')
            return -1;
        int end = at + 1;
        while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '_'))
            end++;
        return end > at + 1 && end < text.Length && text[end] == '}' ? end + 1 : -1;
    }
}
