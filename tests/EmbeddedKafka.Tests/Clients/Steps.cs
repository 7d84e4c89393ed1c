namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>A walk through a client: each step builds on those before it, so the first that fails ends the walk with its number and name.</summary>
internal sealed class Steps
{
    public int Passed { get; private set; }

    public async Task Do(string name, Func<Task> step)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            await step();
            Passed++;
            TestContext.Current.TestOutputHelper?.WriteLine($"{Passed}. {name} ({clock.ElapsedMilliseconds} ms)");
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"step {Passed + 1} ({name}) failed: {failure.Message}", failure);
        }
    }

    public Task Do(string name, Action step) =>
        Do(name, () =>
        {
            step();
            return Task.CompletedTask;
        });
}
