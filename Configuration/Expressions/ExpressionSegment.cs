namespace Sluice.Configuration.Expressions;

/// <summary>One piece of a template.</summary>
/// <param name="Kind">Exactly one kind.</param>
/// <param name="Name">The literal text, the parameter name or the attribute name; empty otherwise.</param>
/// <param name="Guard">The guard as written (<c>name</c> or <c>namespace:name</c>) for guard expressions; empty otherwise.</param>
public readonly record struct ExpressionSegment(ExpressionKinds Kind, string Name, string Guard);
