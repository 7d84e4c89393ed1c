namespace Sluice.Guard.Tests;

/// <summary>The sessions of a guard.</summary>
public sealed class SessionTableTests
{
    [Fact]
    public void Beyond_the_limit_a_new_session_is_refused_until_another_ends()
    {
        SessionTable table = new(sessionsMax: 1);
        GuardSession first = table.Acquire(1, "a", id => new GuardSession(id, "", "a"));
        Assert.Equal(first, table.Acquire(1, "a", id => new GuardSession(id, "", "a")));
        Assert.Equal(1, Assert.Throws<SessionLimitException>(() => table.Acquire(2, "a", id => new GuardSession(id, "", "a"))).SessionsMax);
        table.Release(first.Id);
        table.Release(first.Id);
        Assert.NotEqual(first.Id, table.Acquire(2, "a", id => new GuardSession(id, "", "a")).Id);
    }
}
