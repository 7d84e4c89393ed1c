using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Tests.Log;

public class LatchTests
{
    [Fact]
    public async Task What_was_set_before_the_wait_is_not_lost_and_counts_once()
    {
        using var latch = new Latch();
        latch.Set();
        latch.Set();

        Assert.True(await latch.WaitAsync(0, TestContext.Current.CancellationToken));
        Assert.False(await latch.WaitAsync(0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_set_after_a_wait_wakes_the_next_one()
    {
        using var latch = new Latch();
        latch.Set();
        await latch.WaitAsync(0, TestContext.Current.CancellationToken);

        Task<bool> waiting = latch.WaitAsync(60_000, TestContext.Current.CancellationToken);
        latch.Set();

        Assert.True(await waiting);
    }
}
