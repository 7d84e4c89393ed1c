using System.Globalization;

namespace Sluice.Simulation;

/// <summary>Many worlds, each from its own seed. <c>SLUICE_TEST_SEEDS</c> sets how many, <c>SLUICE_TEST_SEED</c> replays one with its trace.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong FirstSeed = 1;
    private const int SeedsInCi = 10_000;

    [Fact]
    public void Streams_keep_their_promises_whatever_happens()
    {
        if (Read("SLUICE_TEST_SEED") is { } seed)
        {
            Replay(seed);
            return;
        }

        int seeds = (int)(Read("SLUICE_TEST_SEEDS") ?? SeedsInCi);
        ulong first = Read("SLUICE_TEST_FIRST_SEED") ?? FirstSeed;
        long frames = 0;
        string? problem = null;
        Parallel.For(
            0,
            seeds,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (i, loop) =>
            {
                using var world = new SimWorld(first + (ulong)i);
                try
                {
                    world.Run();
                    Interlocked.Add(ref frames, world.Frames);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref problem, exception is SimFailure ? exception.Message : $"seed {world.Seed}: {exception}", null);
                    loop.Stop();
                }
            });
        output.WriteLine($"{seeds} seeds, {frames} frames");
        Assert.True(problem is null, problem);
    }

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            using var one = new SimWorld(seed, isTraced: true);
            one.Run();
            using var two = new SimWorld(seed, isTraced: true);
            two.Run();
            Assert.Equal(one.TraceText, two.TraceText);
            Assert.NotEmpty(one.TraceText);
        }
    }

    private void Replay(ulong seed)
    {
        using var world = new SimWorld(seed, isTraced: true);
        try
        {
            world.Run();
        }
        finally
        {
            output.WriteLine(world.TraceText);
        }
    }

    private static ulong? Read(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null;
}
