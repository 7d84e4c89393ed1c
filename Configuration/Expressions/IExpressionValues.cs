namespace Sluice.Configuration.Expressions;

/// <summary>Where a template finds its values while one request is served. A struct or ref struct is never boxed.</summary>
public interface IExpressionValues
{
    /// <summary>The current text of an expression, empty when there is none. Not asked for literals. It is copied at once.</summary>
    ReadOnlySpan<char> ValueOf(in ExpressionSegment segment);
}
