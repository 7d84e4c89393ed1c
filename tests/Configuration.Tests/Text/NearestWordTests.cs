using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Text;

public sealed class NearestWordTests
{
    private static readonly string[] Words = ["host", "port", "options", "routes", "cache_client", "cache_server"];

    [Theory]
    [InlineData("prot", "port")]
    [InlineData("pot", "port")]
    [InlineData("Port", "port")]
    [InlineData("optoins", "options")]
    [InlineData("cache-client", "cache_client")]
    [InlineData("cacheserver", "cache_server")]
    public void A_slip_finds_its_word(string slip, string word) => Assert.Equal(word, NearestWord.Of(slip, Words));

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("backlog")]
    public void Something_else_finds_none(string text) => Assert.Null(NearestWord.Of(text, Words));

    [Fact]
    public void A_very_long_word_is_no_slip() => Assert.Null(NearestWord.Of(new string('p', 10_000), Words));
}
