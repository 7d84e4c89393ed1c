using System.Text;

namespace Sluice.Configuration.Text;

/// <summary>
/// Replaces <c>${{env.NAME}}</c> in the raw text, before YAML is parsed: a value may be a number, or even bring structure
/// (config-core §1.6). Other contexts are left as they are. Blanks are allowed just inside the braces.
/// </summary>
internal static class EnvironmentExpressions
{
    private const string Opening = "${{";
    private const string Context = "env.";

    public static SourceText Expand(string file, string raw, Func<string, string?> environment, Findings findings)
    {
        if (!raw.Contains(Opening, StringComparison.Ordinal))
            return new SourceText(file, raw, raw, []);

        var origin = new SourceText(file, raw, raw, []);
        var expanded = new StringBuilder(raw.Length + 256);
        var splices = new List<SourceText.Splice>();
        int copied = 0;
        int start = 0;
        while ((start = raw.IndexOf(Opening, start, StringComparison.Ordinal)) >= 0)
        {
            int end = TryRead(raw, start, out string name);
            if (end < 0)
            {
                start += Opening.Length;
                continue;
            }

            string value = Resolve(name, origin, start, environment, findings);
            expanded.Append(raw, copied, start - copied);
            splices.Add(new SourceText.Splice(expanded.Length, value.Length, start, end - start));
            expanded.Append(value);
            copied = start = end;
        }

        expanded.Append(raw, copied, raw.Length - copied);
        return new SourceText(file, raw, expanded.ToString(), [.. splices]);
    }

    // ${{ env.NAME }}      returns the offset behind the last brace, or -1 when this is no such expression
    //    ^ ^   ^    ^ blanks; the name runs to the next blank or brace
    private static int TryRead(string raw, int start, out string name)
    {
        name = "";
        int at = SkipBlanks(raw, start + Opening.Length);
        if (string.CompareOrdinal(raw, at, Context, 0, Context.Length) != 0)
            return -1;

        at += Context.Length;
        int end = at;
        while (end < raw.Length && raw[end] is not ('}' or ' ' or '\t' or '\r' or '\n'))
            end++;
        name = raw[at..end];
        end = SkipBlanks(raw, end);
        return name.Length > 0 && string.CompareOrdinal(raw, end, "}}", 0, 2) == 0 ? end + 2 : -1;
    }

    private static int SkipBlanks(string raw, int at)
    {
        while (at < raw.Length && raw[at] is ' ' or '\t')
            at++;
        return at;
    }

    private static string Resolve(
        string name, SourceText origin, int start, Func<string, string?> environment, Findings findings)
    {
        string? value = environment(name);
        if (!string.IsNullOrWhiteSpace(value))
            return value;

        SourcePosition position = origin.AtRaw(start);
        // A line that is commented out needs no variable.
        if (!origin.LineText(position.Line).TrimStart().StartsWith("#"))
            findings.Warning(position, $"environment variable '{name}' is not set: empty text takes its place");
        return "";
    }
}
