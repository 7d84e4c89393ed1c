using System.Globalization;

namespace Sluice.EmbeddedKafka.Topics;

/// <summary>The types DescribeConfigs tells.</summary>
internal enum ConfigType : sbyte
{
    Boolean = 1,
    String = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}

/// <summary>One setting of a topic: its name, default, type and what values it takes.</summary>
internal sealed record ConfigDefinition(
    string Name, string Default, ConfigType Type, string Doc, double Min = double.MinValue, double Max = double.MaxValue, string[]? Words = null)
{
    /// <summary>Null when the value is one this setting takes; otherwise a sentence for whoever set it.</summary>
    public string? Refusal(string value)
    {
        switch (Type)
        {
            case ConfigType.Boolean:
                return value is "true" or "false" ? null : $"{Name} is true or false, not '{value}'";
            case ConfigType.Int or ConfigType.Long:
                if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
                {
                    return $"{Name} is a whole number, not '{value}'";
                }

                return InRange(whole);
            case ConfigType.Double:
                return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                    ? InRange(number)
                    : $"{Name} is a number, not '{value}'";
            case ConfigType.List or ConfigType.String when Words is not null:
                string[] words = Type == ConfigType.List ? value.Split(',', StringSplitOptions.TrimEntries) : [value];
                string? odd = words.FirstOrDefault(word => !Words.Contains(word));
                return odd is null ? null : $"{Name} knows {string.Join(", ", Words)}; not '{odd}'";
            default:
                return null;
        }
    }

    private string? InRange(double value) =>
        value >= Min && value <= Max ? null : $"{Name} is at least {Text(Min)} and at most {Text(Max)}, not {Text(value)}";

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
