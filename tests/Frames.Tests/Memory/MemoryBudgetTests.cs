using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests;

/// <summary>Promise P3: the budget of a process and the parts of it that engines lease.</summary>
public sealed class MemoryBudgetTests
{
    private readonly List<MemoryState> _states = [];

    [Fact]
    public void New_work_is_refused_from_90_percent_and_let_in_again_below_80()
    {
        (MemoryBudget budget, EngineMemory memory) = Make(100 << 20);
        memory.Take(MemoryUser.Credit, 88L << 20);
        Assert.Equal(MemoryState.Free, budget.State);
        Assert.True(memory.TryAdmitWork());
        memory.Take(MemoryUser.Credit, 3L << 20);
        Assert.Equal(MemoryState.Tight, budget.State);
        Assert.False(memory.TryAdmitWork());
        Assert.True(memory.TryAdmitHelp());
        memory.Give(MemoryUser.Credit, 8L << 20);
        Assert.Equal(MemoryState.Tight, budget.State);
        memory.Give(MemoryUser.Credit, 6L << 20);
        Assert.Equal(MemoryState.Free, budget.State);
        Assert.True(memory.TryAdmitWork());
        Assert.Equal([MemoryState.Tight, MemoryState.Free], _states);
    }

    [Fact]
    public void Nothing_is_let_in_above_the_budget_until_it_is_below_90_percent()
    {
        (MemoryBudget budget, EngineMemory memory) = Make(100 << 20);
        memory.Take(MemoryUser.Overflow, 120L << 20);
        Assert.Equal(MemoryState.Full, budget.State);
        Assert.False(memory.TryAdmitHelp());
        memory.Give(MemoryUser.Overflow, 25L << 20);
        Assert.Equal(MemoryState.Full, budget.State);
        memory.Give(MemoryUser.Overflow, 9L << 20);
        Assert.Equal(MemoryState.Tight, budget.State);
        Assert.True(memory.TryAdmitHelp());
        memory.Take(MemoryUser.Overflow, 14L << 20);
        Assert.Equal(MemoryState.Full, budget.State);
        memory.Give(MemoryUser.Overflow, 100L << 20);
        Assert.Equal([MemoryState.Full, MemoryState.Free], _states); // To and fro is not told.
    }

    [Fact]
    public void Engines_lease_in_chunks_and_keep_at_most_two()
    {
        (MemoryBudget budget, EngineMemory memory) = Make(64 << 20);
        for (int i = 0; i < 1000; i++)
        {
            memory.Take(MemoryUser.Streams, 512);
        }

        Assert.InRange(budget.UsedBytes, 512_000, 512_000 + (2 * budget.ChunkBytes));
        memory.Give(MemoryUser.Streams, 512_000);
        Assert.InRange(budget.UsedBytes, 0, 2 * budget.ChunkBytes);
        memory.Close();
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void The_state_is_right_after_any_race_of_engines()
    {
        var budget = new MemoryBudget(8 << 20, 4);
        Parallel.For(0, 4, engine =>
        {
            var memory = new EngineMemory(budget, new EngineCounters());
            var random = new Random(engine);
            for (int i = 0; i < 20_000; i++)
            {
                int bytes = random.Next(1, 3 << 20);
                memory.Take(MemoryUser.Credit, bytes);
                memory.Give(MemoryUser.Credit, bytes);
            }

            memory.Close();
        });
        Assert.Equal((0, MemoryState.Free), (budget.UsedBytes, budget.State));
    }

    [Fact]
    public void The_users_are_named_largest_first()
    {
        (MemoryBudget budget, EngineMemory memory) = Make(100 << 20);
        memory.Take(MemoryUser.Rings, 4 << 20);
        memory.Take(MemoryUser.Credit, 12_500 << 10);
        Assert.Equal("credit 12.2 MB, rings 4.0 MB", budget.Describe());
    }

    [Theory]
    [InlineData("64", 2, 64L << 20)]
    [InlineData("16", 1, 16L << 20)]
    public void A_stated_budget_is_in_megabytes(string text, int engines, long bytes) => Assert.Equal(bytes, MemoryBudget.Parse(text, engines));

    [Fact]
    public void The_default_is_half_of_what_the_process_may_use()
    {
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Assert.InRange(MemoryBudget.Parse(null, 1), Math.Min(16 << 20, available / 2), Math.Max(16 << 20, available / 2));
    }

    [Theory]
    [InlineData("8", 1, "from 16 to")]
    [InlineData("16", 4, "with 4 engines it must be a whole number of megabytes from 32 to")]
    [InlineData("lots", 1, "SLUICE_MEMORY_BUDGET_MB is 'lots'")]
    public void A_budget_that_cannot_be_is_refused_with_the_range(string text, int engines, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => MemoryBudget.Parse(text, engines)).Message, StringComparison.Ordinal);

    private (MemoryBudget Budget, EngineMemory Memory) Make(long bytes)
    {
        var budget = new MemoryBudget(bytes, 1, (_, state) => _states.Add(state));
        return (budget, new EngineMemory(budget, new EngineCounters()));
    }
}
