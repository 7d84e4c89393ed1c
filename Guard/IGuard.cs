namespace Sluice.Guard;

/// <summary>Turns credentials into sessions and says what a session may do (reference config-core §4.1). Any thread may call it.</summary>
public interface IGuard
{
    /// <summary>The session for credentials presented on a connection; null when they are not accepted.</summary>
    /// <param name="context">The client's connection.</param>
    /// <param name="credentials">The credentials as the binding extracted them.</param>
    /// <exception cref="SessionLimitException">The guard keeps as many sessions as it may.</exception>
    GuardSession? Reauthorize(long context, string credentials);

    /// <summary>Gives one reference to a session back.</summary>
    void Deauthorize(long session);

    /// <summary>Whether the session is valid and has all the roles.</summary>
    bool Verify(long session, IReadOnlyList<string> roles);

    /// <summary>What is known of a session; for session 0 what the guard presents on the client side; null when there is nothing.</summary>
    GuardSession? Describe(long session);
}
