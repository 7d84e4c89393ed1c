using System.Net;
using Sluice.Edge.Tests.Transport;
using Sluice.Edge.Transport;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;
using Sluice.ServiceDefaults;

namespace Sluice.Edge.Tests.Hosting;

/// <summary>The service never runs out of descriptors by its clients; and when it does otherwise, it goes on.</summary>
public sealed class DescriptorTests : IDisposable
{
    private const int TurnedAway = 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-descriptors-").FullName;
    private readonly IPEndPoint _address = new(IPAddress.Loopback, EdgeProcess.FreePort());

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task At_the_limit_that_descriptors_set_connections_are_closed_one_line_says_so_and_the_engines_sleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is set by a shell");
        await using EdgeProcess edge = EdgeProcess.Start(_directory, _address.Port, descriptorsMax: 400);
        await edge.ListensAsync();
        List<RawClient> served = await FillAsync(edge);
        Assert.InRange(served.Count, 10, 150); // 400 less some 230 of the process and the reserve.
        await Eventually.TrueAsync(() => edge.Output.Contains($"closes new connections, {served.Count} are open", StringComparison.Ordinal), "the line in the log");
        await SleepAsync(); // Whoever spins never parks.

        served[0].Dispose();
        await Eventually.TrueAsync(() => ListeningTests.IsServedAsync(_address), "whose place is free is served", found: () => edge.Output);
        Assert.True(await ListeningTests.AnswersAsync(served[1]));
        Assert.Single(edge.Output.Split('\n'), line => line.Contains("closes new connections", StringComparison.Ordinal));
        Assert.DoesNotContain("descriptors", edge.Output, StringComparison.Ordinal);
        served.ForEach(client => client.Dispose());
        edge.Terminate();
        Assert.Equal(0, await edge.ExitCodeAsync());
    }

    [Fact]
    public async Task Out_of_descriptors_connections_are_turned_away_and_welcome_again_later()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is set with prlimit");
        await using EdgeProcess edge = EdgeProcess.Start(_directory, _address.Port);
        await edge.ListensAsync();
        Assert.True(await ListeningTests.IsServedAsync(_address)); // What a connection needs is loaded.
        edge.LimitDescriptors(more: 20);
        List<RawClient> served = await FillAsync(edge);
        await Eventually.TrueAsync(() => edge.Output.Contains("out of descriptors", StringComparison.Ordinal), "the log says so");
        await SleepAsync();
        Assert.False(edge.HasExited, edge.Output);
        served.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(() => ListeningTests.IsServedAsync(_address), "who comes later is served", found: () => edge.Output);
    }

    [Fact]
    public async Task More_connections_than_descriptors_allow_are_a_mistake_of_the_configuration()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is set by a shell");
        await using EdgeProcess edge = EdgeProcess.Start(
            _directory, _address.Port, descriptorsMax: 500, environment: (ConnectionLimit.Key, "1000"));
        Assert.Equal(ServiceExitCodes.ConfigurationError, await edge.ExitCodeAsync());
        await Eventually.TrueAsync(
            () => edge.Output.Contains("SLUICE_EDGE_CONNECTIONS_MAX=1000: the 500 descriptors of this process leave room for ", StringComparison.Ordinal), "the line");
        Assert.DoesNotContain("   at ", edge.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_follows_the_descriptors_unless_less_is_asked_for()
    {
        Assert.Equal(ConnectionLimit.DefaultMax, ConnectionLimit.Fit(null, null).Max);
        Assert.Equal(ConnectionLimit.DefaultMax, ConnectionLimit.Fit(null, (1_000_000, 1_048_576)).Max);
        Assert.Equal(700, ConnectionLimit.Fit(null, (700, 1024)).Max);
        Assert.Equal(700, ConnectionLimit.Fit(700, (700, 1024)).Max);
        Assert.Equal(50_000, ConnectionLimit.Fit(50_000, null).Max);
        Assert.Throws<ServiceStartException>(() => ConnectionLimit.Fit(701, (700, 1024)));
        ServiceStartException none = Assert.Throws<ServiceStartException>(() => ConnectionLimit.Fit(null, (-29, 256)));
        Assert.Equal("edge: the 256 descriptors of this process leave no room for connections, 30 more are needed; raise the limit (ulimit -n, or LimitNOFILE= of the unit)", none.Message);
    }

    [Fact]
    public void The_limit_is_news_again_only_when_a_tenth_was_free()
    {
        var limit = new ConnectionLimit(20);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(limit.TryTake());
        }

        Assert.False(limit.TryTake());
        Assert.True(limit.IsNews());
        limit.Release();
        limit.Release();
        Assert.False(limit.IsNews());
        limit.Release();
        Assert.True(limit.IsNews());
    }

    [Theory]
    [InlineData("Max open files            1024                 1048576              files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             95969                95969                processes ", null)]
    public void The_systems_limit_is_the_soft_one(string line, int? limit) =>
        Assert.Equal(limit, Descriptors.LimitIn(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    // Connects until so many were turned away; returns those that are served.
    private async Task<List<RawClient>> FillAsync(EdgeProcess edge)
    {
        List<RawClient> served = [];
        int closed = 0;
        while (closed < TurnedAway && served.Count < 400)
        {
            RawClient client = await RawClient.ConnectAsync(_address);
            if (await ListeningTests.AnswersAsync(client))
            {
                served.Add(client);
            }
            else
            {
                closed++;
                client.Dispose();
            }
        }

        Assert.True(closed == TurnedAway, $"{closed} were turned away besides {served.Count} that are served\n{edge.Output}");
        return served;
    }

    private async Task SleepAsync()
    {
        using CounterReader reader = CounterReader.TryOpen(Directory.GetFiles(_directory, "*.counters").Single(), out _)!;
        long[] before = [.. Enumerable.Range(0, reader.EngineCount).Select(engine => reader.Engine(engine, EngineCounter.Parks))];
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(await ListeningTests.IsServedAsync(_address)); // One of them wakes.
                return Enumerable.Range(0, before.Length).All(engine => reader.Engine(engine, EngineCounter.Parks) > before[engine]);
            },
            "every engine parks, and again after it has turned a connection away");
    }
}
