using System.Net;
using Sluice.Edge.Tests.Transport;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Hosting;

/// <summary>Several processes of the service on one port, and one that runs out of descriptors. Linux.</summary>
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

    [Fact]
    public async Task Out_of_descriptors_connections_are_turned_away_and_welcome_again_later()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is set by a shell");
        int port = EdgeProcess.FreePort();
        var address = new IPEndPoint(IPAddress.Loopback, port);
        await using EdgeProcess edge = EdgeProcess.Start(Path.Combine(_directory, "a"), port, descriptorsMax: 320);
        await edge.ListensAsync();
        List<RawClient> clients = [];
        int closed = 0;
        while (closed < 20 && clients.Count < 400)
        {
            RawClient client = await RawClient.ConnectAsync(address);
            clients.Add(client);
            closed += await ListeningTests.AnswersAsync(client) ? 0 : 1;
        }

        Assert.True(closed == 20, $"{closed} of {clients.Count} connections were turned away\n{edge.Output}");
        await Eventually.TrueAsync(() => edge.Output.Contains("out of descriptors", StringComparison.Ordinal), "the log says so");
        Assert.False(edge.HasExited, edge.Output);
        clients.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(() => ListeningTests.IsServedAsync(address), "who comes later is served", found: () => edge.Output);
    }
}
