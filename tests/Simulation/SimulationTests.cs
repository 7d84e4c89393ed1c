using System.Globalization;

namespace Sluice.Simulation;

/// <summary>Many worlds, each from its own seed. <c>SLUICE_TEST_SEEDS</c> sets how many, <c>SLUICE_TEST_SEED</c> replays one with its trace.</summary>
/// <remarks><c>SLUICE_TEST_STEPS_WORLDS</c> sets in how many worlds every step is harmed once.</remarks>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong FirstSeed = 1;
    private const int SeedsInCi = 10_000;
    private const int WorldsOfStepsInCi = 15;
    private const int StepsMax = 100; // of each kind in one world; the worlds differ in what happens early

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
        long challenges = 0;
        long signals = 0;
        long references = 0;
        long borrowed = 0;
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
                    Interlocked.Add(ref challenges, world.Heard.Challenges);
                    Interlocked.Add(ref signals, world.Heard.Signals);
                    Interlocked.Add(ref references, world.References);
                    Interlocked.Add(ref borrowed, world.Borrowed);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref problem, exception is SimFailure ? exception.Message : $"seed {world.Seed}: {exception}", null);
                    loop.Stop();
                }
            });
        output.WriteLine($"{seeds} seeds, {frames} frames, {references} references, {borrowed} paid with what was borrowed, {challenges} challenges, {signals} signals");
        Assert.True(problem is null, problem);
        Assert.True(seeds < SeedsInCi || references > 0, "nothing ever came by reference");
        Assert.True(seeds < SeedsInCi || borrowed > 0, "no budget was ever used over a link");
    }

    // Chance seldom hits the instant that matters; here a process dies in each call of a handler, and a wire is cut after each frame.
    [Fact]
    public void A_world_comes_to_rest_wherever_a_process_dies_or_a_wire_is_cut()
    {
        int worlds = (int)(Read("SLUICE_TEST_STEPS_WORLDS") ?? WorldsOfStepsInCi);
        long runs = 0;
        string? problem = null;
        Parallel.For(
            0,
            worlds,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (i, loop) =>
            {
                ulong seed = FirstSeed + (ulong)i;
                var peace = new SimHarm();
                problem ??= Problem(seed, peace);
                for (int node = 0; node < SimWorld.NodesMax && problem is null; node++)
                {
                    for (int call = 0; call < Math.Min(peace.Calls[node], StepsMax) && problem is null; call++)
                    {
                        problem ??= Problem(seed, new SimHarm { Node = node, Call = call });
                        Interlocked.Increment(ref runs);
                    }
                }

                for (int frame = 0; frame < Math.Min(peace.Frames, StepsMax) && problem is null; frame++)
                {
                    problem ??= Problem(seed, new SimHarm { Frame = frame });
                    Interlocked.Increment(ref runs);
                }

                if (problem is not null)
                {
                    loop.Stop();
                }
            });
        output.WriteLine($"{worlds} worlds, {runs} runs");
        Assert.True(problem is null, problem);
        Assert.True(runs > worlds);
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

    private static string? Problem(ulong seed, SimHarm harm)
    {
        using var world = new SimWorld(seed, harm: harm);
        try
        {
            world.Run();
            return null;
        }
        catch (Exception exception)
        {
            return exception is SimFailure ? exception.Message : $"seed {seed}, {harm}: {exception}";
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
