namespace Sluice.EmbeddedKafka.Topics;

/// <summary>Which names a topic may have: 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor "..".</summary>
internal static class TopicName
{
    public const int LengthMax = 249;

    public static string? Refusal(string name)
    {
        if (name.Length is 0 or > LengthMax)
        {
            return $"A topic name has 1 to {LengthMax} characters";
        }

        if (name is "." or "..")
        {
            return "A topic cannot be named '.' or '..'";
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return $"Topic name '{name}' has a character other than letters, digits, '.', '_' and '-'";
            }
        }

        return null;
    }
}
