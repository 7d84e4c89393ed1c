namespace Sluice.Guard;

/// <summary>Who a client is, as a guard sees it.</summary>
/// <param name="Id">The session's id, not 0; 0 only for what a guard itself presents on the client side.</param>
/// <param name="Identity">The name; empty when unknown.</param>
/// <param name="Credentials">What a client binding passes on.</param>
public sealed record GuardSession(long Id, string Identity, string Credentials)
{
    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>The roles it has.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the client should be asked for fresh credentials; null for never.</summary>
    public DateTimeOffset? ExpiringAt { get; init; }
}

/// <summary>A guard keeps as many sessions as it may: the client is refused until others end.</summary>
public sealed class SessionLimitException(int sessionsMax) : Exception($"the guard keeps {sessionsMax} sessions already")
{
    /// <summary>The limit.</summary>
    public int SessionsMax { get; } = sessionsMax;
}
