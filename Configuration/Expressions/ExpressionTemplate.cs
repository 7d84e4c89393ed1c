namespace Sluice.Configuration.Expressions;

/// <summary>
/// A text with <c>${...}</c> expressions, parsed once at load into segments (config-kafka §3.2). Replacement is textual and an
/// expression may appear several times. Immutable; expanding into a span allocates nothing.
/// </summary>
public sealed class ExpressionTemplate
{
    private const int StackCharsMax = 256; // Keys and paths are shorter; a longer result takes one array.
    private readonly ExpressionSegment[] _segments;

    internal ExpressionTemplate(string text, ExpressionSegment[] segments)
    {
        Text = text;
        _segments = segments;
        foreach (ExpressionSegment segment in segments)
            Kinds |= segment.Kind;
    }

    /// <summary>The template as written.</summary>
    public string Text { get; }

    /// <summary>The pieces, in order; empty only for an empty text.</summary>
    public IReadOnlyList<ExpressionSegment> Segments => _segments;

    /// <summary>Every kind of expression that occurs; <see cref="ExpressionKinds.Literal"/> when none does.</summary>
    public ExpressionKinds Kinds { get; }

    /// <summary>True when there is nothing to replace: <see cref="Text"/> is the value.</summary>
    public bool IsLiteral => Kinds == ExpressionKinds.Literal;

    /// <summary>Parses a template.</summary>
    /// <exception cref="FormatException">An expression is unknown or malformed; validated configuration never holds one.</exception>
    public static ExpressionTemplate Parse(string text) =>
        TryParse(text, out ExpressionTemplate? template, out string? mistake) ? template : throw new FormatException(mistake);

    /// <summary>Parses a template; false, with a one-line reason, when an expression is unknown or malformed.</summary>
    public static bool TryParse(
        string text,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ExpressionTemplate? template,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? mistake)
    {
        ArgumentNullException.ThrowIfNull(text);
        template = null;
        ExpressionSegment[]? segments = ExpressionParser.TryParse(text, out mistake);
        if (segments is null)
        {
            mistake ??= "not an expression";
            return false;
        }

        template = new ExpressionTemplate(text, segments);
        mistake = null;
        return true;
    }

    /// <summary>Writes the text with every expression replaced. False when <paramref name="target"/> is too small.</summary>
    public bool TryExpand<TValues>(ref TValues values, scoped Span<char> target, out int written)
        where TValues : IExpressionValues, allows ref struct
    {
        written = 0;
        foreach (ref readonly ExpressionSegment segment in _segments.AsSpan())
        {
            ReadOnlySpan<char> piece = segment.Kind == ExpressionKinds.Literal ? segment.Name : values.ValueOf(segment);
            if (!piece.TryCopyTo(target[written..]))
                return false;
            written += piece.Length;
        }

        return true;
    }

    /// <summary>The text with every expression replaced. Allocates the result only, nothing at all for a literal.</summary>
    public string Expand<TValues>(ref TValues values)
        where TValues : IExpressionValues, allows ref struct
    {
        if (IsLiteral)
            return Text;

        int length = 0;
        foreach (ref readonly ExpressionSegment segment in _segments.AsSpan())
            length += segment.Kind == ExpressionKinds.Literal ? segment.Name.Length : values.ValueOf(segment).Length;

        Span<char> target = length <= StackCharsMax ? stackalloc char[StackCharsMax] : new char[length];
        TryExpand(ref values, target, out int written);
        return new string(target[..written]);
    }

    /// <summary>The template as written.</summary>
    public override string ToString() => Text;
}
