using Sluice.Configuration.Text;

namespace Sluice.Configuration.Expressions;

/// <summary>Cuts a text at its <c>${...}</c> expressions.</summary>
internal static class ExpressionParser
{
    private static readonly string[] Words =
        ["params.name", "guarded['guard'].identity", "guarded['guard'].attributes.name", "idempotencyKey", "correlationId"];

    /// <summary>The segments, or null with a reason.</summary>
    public static ExpressionSegment[]? TryParse(string text, out string? mistake)
    {
        mistake = null;
        var segments = new List<ExpressionSegment>();
        int copied = 0;
        int start;
        while ((start = text.IndexOf("${", copied, StringComparison.Ordinal)) >= 0)
        {
            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                mistake = $"the expression '{text[start..]}' has no closing brace";
                return null;
            }

            string body = text[(start + 2)..end];
            if (ReadBody(body) is not { } segment)
            {
                mistake = $"unknown expression '${{{body}}}'{Hint(body)}";
                return null;
            }

            AddLiteral(segments, text[copied..start]);
            segments.Add(segment);
            copied = end + 1;
        }

        AddLiteral(segments, text[copied..]);
        return [.. segments];
    }

    private static void AddLiteral(List<ExpressionSegment> segments, string literal)
    {
        if (literal.Length > 0)
            segments.Add(new ExpressionSegment(ExpressionKinds.Literal, literal, ""));
    }

    private static ExpressionSegment? ReadBody(string body)
    {
        switch (body)
        {
            case "idempotencyKey":
                return new ExpressionSegment(ExpressionKinds.IdempotencyKey, "", "");
            case "correlationId":
                return new ExpressionSegment(ExpressionKinds.CorrelationId, "", "");
        }

        if (body.StartsWith("params.", StringComparison.Ordinal))
        {
            string name = body["params.".Length..];
            return IsParam(name) ? new ExpressionSegment(ExpressionKinds.Param, name, "") : null;
        }

        return body.StartsWith("guarded['", StringComparison.Ordinal) ? ReadGuarded(body["guarded['".Length..]) : null;
    }

    //  guard'].identity    guard'].attributes.name
    private static ExpressionSegment? ReadGuarded(string rest)
    {
        int quote = rest.IndexOf("'].", StringComparison.Ordinal);
        if (quote < 0 || !IsGuard(rest.AsSpan(0, quote)))
            return null;

        string guard = rest[..quote];
        string property = rest[(quote + 3)..];
        if (property == "identity")
            return new ExpressionSegment(ExpressionKinds.GuardIdentity, "", guard);
        const string attributes = "attributes.";
        return property.Length > attributes.Length && property.StartsWith(attributes, StringComparison.Ordinal)
            ? new ExpressionSegment(ExpressionKinds.GuardAttribute, property[attributes.Length..], guard)
            : null;
    }

    private static bool IsParam(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetter(c) && c != '_')
                return false;
        }

        return name.Length > 0;
    }

    // A letter first, then letters, digits and . _ : - (config-kafka §3.2).
    private static bool IsGuard(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetter(name[0]))
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '-'))
                return false;
        }

        return true;
    }

    private static string Hint(string body)
    {
        int dot = body.IndexOf('.');
        string? nearest = dot > 0 ? NearestWord.Of(body[..dot], ["params"]) : NearestWord.Of(body, Words);
        if (nearest is not null && dot > 0 && nearest != body[..dot])
            nearest += body[dot..];
        return nearest is not null && nearest != body && dot != body.Length - 1 && !body.StartsWith("params.", StringComparison.Ordinal)
            ? $"; did you mean '${{{nearest}}}'?"
            : $"; known are {string.Join(", ", Array.ConvertAll(Words, word => $"${{{word}}}"))}";
    }
}
