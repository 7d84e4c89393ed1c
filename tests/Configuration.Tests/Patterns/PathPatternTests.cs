using System.Text.RegularExpressions;
using Sluice.Configuration.Patterns;

namespace Sluice.Configuration.Tests.Patterns;

/// <summary>config-kafka §3.3, config-core §3.3.</summary>
public sealed class PathPatternTests
{
    [Theory]
    [InlineData("/items/{id}", "/items/7", "7")]
    [InlineData("/items/{id}", "/items/a%20b%2Fc", "a%20b%2Fc")]
    [InlineData("/items/{id}", "/items/q?z=1", "q?z=1")]
    [InlineData("/items/{id}", "/items/../up", "../up")]
    [InlineData("/v1/{a}/{b}", "/v1/x/y/z", "x/y|z")]
    [InlineData("/items/{id};cid={correlationId}", "/items/7;cid=k-9", "7|k-9")]
    [InlineData("/{a}{b}", "/xyz", "xy|z")]
    [InlineData("*/{id}", "/a/b/c", "c")]
    [InlineData("{all}*", "xyz", "xyz")]
    public void A_capture_takes_as_much_as_it_can(string pattern, string value, string captured) =>
        Assert.Equal(captured, Captures(pattern, value));

    [Theory]
    [InlineData("/items/{id}", "/items/")]
    [InlineData("/items/{id}", "/items")]
    [InlineData("/items", "/items/")]
    [InlineData("/items", "/items?x=1")]
    [InlineData("/items/{id}", "/Items/7")]
    [InlineData("/{a}{b}", "/x")]
    public void Otherwise_the_whole_value_must_match(string pattern, string value) =>
        Assert.Null(Captures(pattern, value));

    [Theory]
    [InlineData("/a+b?c", "/a+b?c", true)]
    [InlineData("/{id-x}", "/{id-x}", true)]
    [InlineData("/{7}", "/7", false)]
    public void Other_braces_and_signs_are_literal(string pattern, string value, bool matches) =>
        Assert.Equal(matches, PathPattern.Parse(pattern).IsMatch(value));

    [Fact]
    public void A_name_may_be_used_once_only()
    {
        Assert.False(PathPattern.TryParse("/{id}/{id}", out _, out string? mistake));
        Assert.Contains("'{id}' twice", mistake);
    }

    [Fact]
    public void A_pattern_has_at_most_32_gaps()
    {
        Assert.True(PathPattern.TryParse(new string('*', 32), out _, out _));
        Assert.False(PathPattern.TryParse(new string('*', 33), out _, out string? mistake));
        Assert.Contains("32", mistake);
    }

    [Fact]
    public void Names_are_found_in_the_order_of_the_pattern()
    {
        var pattern = PathPattern.Parse("/{first}/*/{second_one}");
        Assert.Equal(["first", "second_one"], pattern.Names);
        Assert.Equal(1, pattern.IndexOf("second_one"));
        Assert.Equal(-1, pattern.IndexOf("third"));
    }

    // A backtracking regular expression is the slow, obvious second reader.
    [Fact]
    public void It_agrees_with_a_greedy_regular_expression_on_random_input()
    {
        var random = new Random(20261122);
        string[] pieces = ["a", "/", "b", "*", "{x}", "{y}", "."];
        for (int round = 0; round < 20_000; round++)
        {
            string text = Join(random, pieces, 6);
            if (!PathPattern.TryParse(text, out PathPattern? pattern, out _))
                continue;
            string value = Join(random, ["a", "/", "b", "."], 8);
            string expression = Regex.Escape(text).Replace("\\*", ".*", StringComparison.Ordinal)
                .Replace("\\{x}", "(?<x>.+)", StringComparison.Ordinal).Replace("\\{y}", "(?<y>.+)", StringComparison.Ordinal);
            Match match = Regex.Match(value, $"^(?:{expression})$", RegexOptions.CultureInvariant);
            string? expected = match.Success ? string.Join('|', pattern.Names.Select(name => match.Groups[name].Value)) : null;
            Assert.True(expected == Captures(text, value), $"pattern {text}, value {value}, round {round}");
        }
    }

    private static string Join(Random random, string[] pieces, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => pieces[random.Next(pieces.Length)]));

    private static string? Captures(string text, string value)
    {
        var pattern = PathPattern.Parse(text);
        var ranges = new Range[pattern.Names.Count];
        Assert.Equal(pattern.IsMatch(value), pattern.TryMatch(value, ranges));
        return pattern.IsMatch(value) ? string.Join('|', ranges.Select(range => value[range])) : null;
    }
}
