using System.Globalization;

namespace Sluice.Configuration.Text;

/// <summary>What a plain YAML word means: the core schema of YAML 1.2 (section 10.3.2). <c>yes</c> and <c>on</c> are text.</summary>
internal static class YamlScalar
{
    public static ConfigNode Plain(SourcePosition position, string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return ConfigNode.Scalar(ConfigNodeKind.Null, position, "");
            case "true" or "True" or "TRUE":
                return ConfigNode.Scalar(ConfigNodeKind.Boolean, position, text, 1);
            case "false" or "False" or "FALSE":
                return ConfigNode.Scalar(ConfigNodeKind.Boolean, position, text);
        }

        if (TryInteger(text, out long integer))
            return ConfigNode.Scalar(ConfigNodeKind.WholeNumber, position, text, integer);
        return ConfigNode.Scalar(IsNumber(text) ? ConfigNodeKind.Number : ConfigNodeKind.Text, position, text);
    }

    private static bool TryInteger(string text, out long value)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        if (text.StartsWith("0o", StringComparison.Ordinal))
            return TryOctal(text.AsSpan(2), out value);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > 20)
            return false;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7')
                return false;
            value = (value * 8) + (digit - '0');
        }

        return true;
    }

    // [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
    private static bool IsNumber(string text)
    {
        int at = text[0] is '-' or '+' ? 1 : 0;
        int whole = Digits(text, ref at);
        int fraction = 0;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            fraction = Digits(text, ref at);
        }

        if (whole + fraction == 0)
            return false;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            if (at < text.Length && text[at] is '-' or '+')
                at++;
            if (Digits(text, ref at) == 0)
                return false;
        }

        return at == text.Length;
    }

    private static int Digits(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at - start;
    }
}
