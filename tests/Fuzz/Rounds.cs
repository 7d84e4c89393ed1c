using System.Globalization;

namespace Sluice.Fuzz;

/// <summary>How long a target runs, and which seed it runs with.</summary>
/// <remarks>
/// <c>SLUICE_FUZZ_ROUNDS</c> multiplies what CI does (100 for a night). Every round has a seed of its own, named when it fails;
/// <c>SLUICE_FUZZ_SEED</c> replays that one round.
/// </remarks>
internal static class Rounds
{
    private static readonly long Times = Read("SLUICE_FUZZ_ROUNDS") ?? 1;
    private static readonly long? Only = Read("SLUICE_FUZZ_SEED");

    /// <summary>Runs the rounds of a target.</summary>
    /// <param name="inCi">How many CI does.</param>
    /// <param name="round">One round; what it throws fails the test, with the seed.</param>
    public static void Run(int inCi, Action<FuzzRandom> round)
    {
        long first = Only ?? Random.Shared.NextInt64(long.MaxValue / 2);
        for (long seed = first; seed < first + (Only is null ? inCi * Times : 1); seed++)
        {
            try
            {
                round(new FuzzRandom(seed));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"replay with SLUICE_FUZZ_SEED={seed.ToString(CultureInfo.InvariantCulture)}", exception);
            }
        }
    }

    /// <summary>As <see cref="Run"/>, for rounds that wait.</summary>
    public static async Task RunAsync(int inCi, Func<FuzzRandom, Task> round)
    {
        long first = Only ?? Random.Shared.NextInt64(long.MaxValue / 2);
        for (long seed = first; seed < first + (Only is null ? inCi * Times : 1); seed++)
        {
            try
            {
                await round(new FuzzRandom(seed));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"replay with SLUICE_FUZZ_SEED={seed.ToString(CultureInfo.InvariantCulture)}", exception);
            }
        }
    }

    private static long? Read(string name) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
}
