using Sluice.Configuration.Expressions;

namespace Sluice.Configuration.Tests.Expressions;

/// <summary>config-kafka §3.2.</summary>
public sealed class ExpressionTemplateTests
{
    [Theory]
    [InlineData("items", "items")]
    [InlineData("", "")]
    [InlineData("${params.id}", "<id>")]
    [InlineData("/orders/${params.id};cid=${correlationId}", "/orders/<id>;cid=<correlation>")]
    [InlineData("${idempotencyKey}", "<idempotency>")]
    [InlineData("a-${guarded['jwt0'].identity}-b", "a-<jwt0 identity>-b")]
    [InlineData("${guarded['ns:jwt-0'].attributes.given.name}", "<ns:jwt-0 given.name>")]
    [InlineData("${params.a}${params.a}", "<a><a>")]
    [InlineData("costs $5 {net}", "costs $5 {net}")]
    public void Expressions_are_replaced_wherever_they_stand(string text, string expanded)
    {
        var values = new NamedValues();
        Assert.Equal(expanded, ExpressionTemplate.Parse(text).Expand(ref values));
    }

    [Theory]
    [InlineData("${foo}", "unknown expression '${foo}'")]
    [InlineData("${param.id}", "did you mean '${params.id}'?")]
    [InlineData("${idempotencykey}", "did you mean '${idempotencyKey}'?")]
    [InlineData("${params.}", "unknown expression '${params.}'")]
    [InlineData("${params.id7}", "unknown expression '${params.id7}'")]
    [InlineData("${guarded['7g'].identity}", "unknown expression")]
    [InlineData("${guarded['g'].role}", "unknown expression")]
    [InlineData("${guarded[g].identity}", "unknown expression")]
    [InlineData("${params.id", "no closing brace")]
    [InlineData("${}", "unknown expression '${}'")]
    public void Anything_else_between_the_braces_is_a_mistake(string text, string reason)
    {
        Assert.False(ExpressionTemplate.TryParse(text, out _, out string? mistake));
        Assert.Contains(reason, mistake);
    }

    [Fact]
    public void Kinds_tell_what_a_template_needs()
    {
        Assert.True(ExpressionTemplate.Parse("plain").IsLiteral);
        Assert.Equal(
            ExpressionKinds.Param | ExpressionKinds.CorrelationId,
            ExpressionTemplate.Parse("${params.x}/${correlationId}").Kinds);
    }

    [Fact]
    public void Expanding_into_a_span_says_when_it_is_too_small()
    {
        var values = new NamedValues();
        Span<char> target = stackalloc char[6];
        var template = ExpressionTemplate.Parse("k-${params.id}");
        Assert.True(template.TryExpand(ref values, target, out int written));
        Assert.Equal("k-<id>", target[..written].ToString());
        Assert.False(template.TryExpand(ref values, target[..5], out _));
    }

    [Fact]
    public void A_long_result_is_whole()
    {
        var values = new LongValue();
        Assert.Equal($"<{new string('x', 5000)}>", ExpressionTemplate.Parse("<${params.id}>").Expand(ref values));
    }

    private readonly struct NamedValues : IExpressionValues
    {
        public ReadOnlySpan<char> ValueOf(in ExpressionSegment segment) => segment.Kind switch
        {
            ExpressionKinds.Param => $"<{segment.Name}>",
            ExpressionKinds.GuardIdentity => $"<{segment.Guard} identity>",
            ExpressionKinds.GuardAttribute => $"<{segment.Guard} {segment.Name}>",
            ExpressionKinds.IdempotencyKey => "<idempotency>",
            _ => "<correlation>",
        };
    }

    private readonly struct LongValue : IExpressionValues
    {
        public ReadOnlySpan<char> ValueOf(in ExpressionSegment segment) => new string('x', 5000);
    }
}
