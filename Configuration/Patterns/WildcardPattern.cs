namespace Sluice.Configuration.Patterns;

/// <summary>
/// A pattern in which <c>*</c> stands for any run of characters, none and <c>/</c> included. Everything else is literal, the whole
/// value must match, and case matters (config-core §1.5). Immutable; matching allocates nothing.
/// </summary>
public sealed class WildcardPattern
{
    private readonly string[] _literals;
    private readonly byte[] _lengthsMin;

    private WildcardPattern(string text)
    {
        Text = text;
        _literals = text.Split('*');
        _lengthsMin = new byte[_literals.Length - 1];
    }

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>True when the pattern holds no <c>*</c>: it matches exactly its own text.</summary>
    public bool IsLiteral => _lengthsMin.Length == 0;

    /// <summary>Reads a pattern. Every text is one.</summary>
    public static WildcardPattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new WildcardPattern(text);
    }

    /// <summary>True when the whole value matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> value) => PatternMatch.Try(value, _literals, _lengthsMin, []);

    /// <summary>The pattern as written.</summary>
    public override string ToString() => Text;
}
