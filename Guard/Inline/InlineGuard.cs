namespace Sluice.Guard.Inline;

/// <summary>
/// Checks nothing: any credentials make a session, and any session passes, whatever the roles. On the client side it presents the
/// configured identity and credentials (reference config-core §4.3).
/// </summary>
/// <param name="identity">The identity it presents; null for none.</param>
/// <param name="credentials">The credentials it presents; null for none.</param>
/// <param name="format">How to split what comes in; null keeps it whole, as credentials.</param>
internal sealed class InlineGuard(string? identity, string? credentials, CredentialsFormat? format) : IGuard
{
    private readonly SessionTable _sessions = new();

    public GuardSession? Reauthorize(long context, string credentials) => _sessions.Acquire(context, credentials, id =>
        format is not null && format.TrySplit(credentials, out string? who, out string? what)
            ? new GuardSession(id, who, what)
            : new GuardSession(id, "", credentials));

    public void Deauthorize(long session) => _sessions.Release(session);

    public bool Verify(long session, IReadOnlyList<string> roles) => _sessions.Find(session) is not null;

    public GuardSession? Describe(long session) =>
        session != 0 ? _sessions.Find(session) : new GuardSession(0, identity ?? "", credentials ?? "");
}
