using System.Globalization;

namespace Sluice.Configuration.Schema.Bindings;

/// <summary>kafka (config-kafka §2).</summary>
internal static class KafkaSchemas
{
    private static readonly ObjectShape When = new(new Field("topic", Shape.FilledText, Required: true));

    public static BindingSchema CacheClient { get; } = new()
    {
        Options = new ObjectShape(new Field("topics", new ListShape(Topic()))),
        When = When,
    };

    public static BindingSchema CacheServer { get; } = new()
    {
        Options = new ObjectShape(
            new Field("bootstrap", new ListShape(new TextShape(IsTopic, TopicRule), unique: true)),
            new Field("topics", new ListShape(Topic()))),
        When = When,
    };

    public static BindingSchema Client { get; } = new()
    {
        Options = new ObjectShape(
            new Field("servers", new ListShape(new TextShape(IsServer, "text of the form host:port"), countMin: 1), Required: true),
            new Field("authorization", Shape.Any)),
        OptionsRequired = true,
        When = new ObjectShape(new Field("topic", Shape.FilledText), new Field("group-id", Shape.FilledText)),
    };

    public const string TopicRule = "a topic name: 1 to 249 letters, digits, '.', '_' or '-'";

    /// <summary>What a broker accepts as a topic name.</summary>
    public static bool IsTopic(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }

        return text.Length is > 0 and <= 249 && text is not ("." or "..");
    }

    private static ObjectShape Topic() => new(
        new Field("name", Shape.FilledText, Required: true),
        new Field("defaultOffset", new WordShape("live", "historical")),
        new Field("deltaType", new WordShape("none", "json_patch")),
        new Field("key", Shape.Any),
        new Field("value", Shape.Any),
        new Field("transforms", Shape.Any));

    // host:port, where an IPv6 address stands in brackets
    private static bool IsServer(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 1 || text.AsSpan().ContainsAny(" \t\r\n,"))
            return false;
        ReadOnlySpan<char> host = text.AsSpan(0, colon);
        bool bracketed = host[0] == '[' && host[^1] == ']' && host.Length > 2;
        return (bracketed || !host.Contains(':'))
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= 65535;
    }
}
