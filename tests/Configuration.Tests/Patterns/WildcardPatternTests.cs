using Sluice.Configuration.Patterns;

namespace Sluice.Configuration.Tests.Patterns;

/// <summary>config-core §1.5.</summary>
public sealed class WildcardPatternTests
{
    [Theory]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.example.com", ".example.com", true)]
    [InlineData("*.example.com", "aXexample.com", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("/items/*", "/items/7/lines", true)]
    [InlineData("/items/*", "/items/", true)]
    [InlineData("/items/*", "/items", false)]
    [InlineData("/items/*", "x/items/7", false)]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("abc", "ABC", false)]
    [InlineData("a*b*c", "a--b--b--c", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("a*a", "a", false)]
    [InlineData("**", "anything", true)]
    public void Star_is_any_run_and_the_whole_value_must_match(string pattern, string value, bool matches) =>
        Assert.Equal(matches, WildcardPattern.Parse(pattern).IsMatch(value));

    [Theory]
    [InlineData("a+b", "a+b", true)]
    [InlineData("a+b", "aab", false)]
    [InlineData("a?b", "ab", false)]
    [InlineData("(x|y)", "x", false)]
    [InlineData("[a-z]", "[a-z]", true)]
    [InlineData("{id}", "{id}", true)]
    public void Every_other_character_is_literal(string pattern, string value, bool matches) =>
        Assert.Equal(matches, WildcardPattern.Parse(pattern).IsMatch(value));

    [Fact]
    public void A_hostile_value_costs_no_more_than_its_length()
    {
        var pattern = WildcardPattern.Parse(string.Concat(Enumerable.Repeat("a*", 200)) + "b");
        string value = new('a', 20_000);
        Assert.False(pattern.IsMatch(value));
        Assert.True(pattern.IsMatch(value + "b"));
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        var pattern = WildcardPattern.Parse("/items/*/x/*");
        const string value = "/items/1/x/2";
        Assert.True(pattern.IsMatch(value));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            pattern.IsMatch(value);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
