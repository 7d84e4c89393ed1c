using Sluice.Guard.Inline;

namespace Sluice.Guard.Tests.Inline;

/// <summary>Splitting a text along a pattern.</summary>
public sealed class CredentialsFormatTests
{
    [Theory]
    [InlineData("{identity}:{credentials}", "ada:x:y", "ada", "x:y")]
    [InlineData("{credentials}@{identity}", "x@ada", "ada", "x")]
    [InlineData("Bearer {credentials}", "Bearer t", "", "t")]
    [InlineData("<{identity}>", "<ada>", "ada", "")]
    [InlineData("{identity}:{credentials}", ":", "", "")]
    public void A_text_of_the_shape_is_split(string format, string text, string identity, string credentials)
    {
        Assert.True(new CredentialsFormat(format).TrySplit(text, out string? who, out string? what));
        Assert.Equal((identity, credentials), (who, what));
    }

    [Theory]
    [InlineData("{identity}:{credentials}", "ada")]
    [InlineData("Bearer {credentials}", "Basic t")]
    [InlineData("<{identity}>", "<")]
    public void A_text_of_another_shape_is_not(string format, string text) =>
        Assert.False(new CredentialsFormat(format).TrySplit(text, out _, out _));

    [Theory]
    [InlineData("nothing")]
    [InlineData("{identity}{credentials}")]
    [InlineData("{identity}:{identity}")]
    public void A_pattern_that_cannot_be_split_by_is_refused(string format) => Assert.Throws<FormatException>(() => new CredentialsFormat(format));
}
