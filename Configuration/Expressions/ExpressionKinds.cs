namespace Sluice.Configuration.Expressions;

/// <summary>What one piece of an expression template is replaced with when a request passes (config-kafka §3.2).</summary>
[Flags]
public enum ExpressionKinds
{
    /// <summary>Plain text: replaced with nothing, it stays.</summary>
    Literal = 0,

    /// <summary><c>${params.name}</c>: what the route's pattern captured as <c>{name}</c>.</summary>
    Param = 1,

    /// <summary><c>${guarded['g'].identity}</c>: the identity of the guard's session; empty without a session.</summary>
    GuardIdentity = 2,

    /// <summary><c>${guarded['g'].attributes.x}</c>: an attribute of the guard's session; empty when missing.</summary>
    GuardAttribute = 4,

    /// <summary><c>${idempotencyKey}</c>: the idempotency header of the request, or a generated id.</summary>
    IdempotencyKey = 8,

    /// <summary><c>${correlationId}</c>: the computed correlation id (config-kafka §4.5).</summary>
    CorrelationId = 16,

    /// <summary>Both expressions that read a guard's session.</summary>
    Guarded = GuardIdentity | GuardAttribute,
}
