using System.Net;
using Sluice.Edge.Tests.Transport;

namespace Sluice.Edge.Tests.Hosting;

/// <summary>Several processes of the service on one port. Linux.</summary>
public sealed class ReplicaTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-replicas-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Replicas_of_one_suite_share_a_port_and_the_death_of_one_leaves_the_others_accepting()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "replicas share a port on Linux");
        int port = EdgeProcess.FreePort();
        var address = new IPEndPoint(IPAddress.Loopback, port);
        string suite = Path.Combine(_directory, "a");
        await using EdgeProcess first = EdgeProcess.Start(suite, port, instance: 0);
        await using EdgeProcess second = EdgeProcess.Start(suite, port, instance: 1); // At the same time: one of them binds first.
        await first.ListensAsync();
        await second.ListensAsync();

        await using EdgeProcess stranger = EdgeProcess.Start(Path.Combine(_directory, "b"), port);
        Assert.Equal(1, await stranger.ExitCodeAsync());
        Assert.Contains("address already in use", stranger.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", stranger.Output, StringComparison.Ordinal);

        first.Kill();
        await first.ExitCodeAsync();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(await ListeningTests.IsServedAsync(address), $"connection {i} after the death of a replica");
        }

        await using EdgeProcess third = EdgeProcess.Start(suite, port, instance: 0); // In the place of the dead one.
        await third.ListensAsync();
        second.Terminate();
        Assert.Equal(0, await second.ExitCodeAsync());
        Assert.True(await ListeningTests.IsServedAsync(address));
    }
}
