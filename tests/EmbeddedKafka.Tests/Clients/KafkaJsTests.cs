using System.Diagnostics;

namespace Sluice.EmbeddedKafka.Tests.Clients;

public sealed class KafkaJsTests
{
    [Fact]
    public async Task Kafkajs_passes_its_steps()
    {
        // A folder in which `npm install kafkajs` was run; without it there is nothing to test with.
        string? modules = Environment.GetEnvironmentVariable("SLUICE_KAFKAJS");
        Assert.SkipWhen(modules is null, "SLUICE_KAFKAJS names no folder with kafkajs");
        await using var broker = await TestBroker.StartAsync(o => o with { CleanIntervalMs = 15_000 });
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "Clients", "kafkajs.mjs"), broker.Server])
        {
            WorkingDirectory = modules,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync();
        var error = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(node.ExitCode == 0, await error);
        Assert.EndsWith("47 steps passed", (await output).TrimEnd());
    }
}
