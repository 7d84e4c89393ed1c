using Aspire.Hosting.Running;

namespace Sluice.AppHost.Tests.Substitute;

/// <summary>When a process is started again, and when not.</summary>
public sealed class RestartBackoffTests
{
    private static readonly DistributedApplicationModel Empty = new(new ResourceCollection());
    private readonly ProjectResource _service = new("service");
    private readonly ExecutableResource _program = new("program", "true", "/");

    [Fact]
    public void The_wait_doubles_up_to_ten_seconds_and_is_forgiven_after_thirty_healthy_ones()
    {
        RestartBackoff backoff = new();
        double[] waits = [.. Enumerable.Range(0, 8).Select(_ => backoff.Next(TimeSpan.Zero).TotalMilliseconds)];
        Assert.Equal([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000], waits);
        Assert.Equal(10_000, backoff.Next(TimeSpan.FromSeconds(29)).TotalMilliseconds);
        Assert.Equal(200, backoff.Next(TimeSpan.FromSeconds(30)).TotalMilliseconds);
    }

    [Fact]
    public void A_service_is_restarted_whatever_its_exit_code_except_a_configuration_error()
    {
        Assert.Equal(ExitVerdict.Restart, Judge(_service, exitCode: 0, wasReady: true));
        Assert.Equal(ExitVerdict.Restart, Judge(_service, exitCode: 134, wasReady: true));
        Assert.Equal(ExitVerdict.Fatal, Judge(_service, exitCode: 2, wasReady: true));
    }

    [Fact]
    public void A_failed_first_start_is_final_but_not_a_kill_from_outside()
    {
        Assert.Equal(ExitVerdict.FailedToStart, Judge(_service, exitCode: 1, wasReady: false));
        Assert.Equal(ExitVerdict.FailedToStart, Judge(_service, exitCode: 134, wasReady: false));
        Assert.Equal(ExitVerdict.Restart, Judge(_service, exitCode: 137, wasReady: false));
    }

    [Fact]
    public void A_program_that_did_its_work_is_finished()
    {
        Assert.Equal(ExitVerdict.Finished, Judge(_program, exitCode: 0, wasReady: false));
        Assert.Equal(ExitVerdict.FailedToStart, Judge(_program, exitCode: 1, wasReady: false));
    }

    [Fact]
    public void What_was_told_to_stop_is_stopped() =>
        Assert.Equal(ExitVerdict.Stopped, ExitPolicy.Judge(Empty, _service, Wish.End, 1, wasReady: false));

    private static ExitVerdict Judge(IResource resource, int exitCode, bool wasReady) =>
        ExitPolicy.Judge(Empty, resource, Wish.Run, exitCode, wasReady);
}
