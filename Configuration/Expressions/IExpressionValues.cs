namespace Sluice.Configuration.Expressions;

/// <summary>Where a template finds its values while one request is served. Implement it as a struct or ref struct: nothing is boxed.</summary>
public interface IExpressionValues
{
    /// <summary>The current text of an expression (never called for literals). Empty when there is none; must stay valid during the call.</summary>
    ReadOnlySpan<char> ValueOf(in ExpressionSegment segment);
}
